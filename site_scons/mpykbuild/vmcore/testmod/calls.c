/* SPDX-License-Identifier: GPL-3.0-or-later OR GPL-2.0-only
 *
 * A chain of functions with known arguments. The last one waits for ever.
 *
 * Each function is compiled on its own (noipa), so its arguments arrive as the ABI says. An
 * argument that the function uses after its call is "kept": it is in a register that a callee
 * saves, or in the frame. Another one is "lost", unless a debugger finds it in the caller.
 */
#include "hangs.h"

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/spinlock.h>
#include <net/sock.h>

#define KNOWN_FILE "/run/mpyk-known-file"
#define KNOWN_PORT 4701
#define MOST 96
#define SEPARATE __attribute__((noipa)) noinline

/* The values come from here, not from constants, so they must travel in registers. */
static struct {
    int negative;
    unsigned char small;
    bool yes;
    unsigned int high_bit;
    long large;
    unsigned short word;
    unsigned long numbers[8];
    const char *text;
    struct file *file;
    struct dentry *dentry;
    struct inode *inode;
    struct super_block *super;
    struct task_struct *task;
    struct socket *socket;
    struct sock *sock;
} mpyk_known = {
    .negative = -77777,
    .small = 0xa5,
    .yes = true,
    .high_bit = 0x89abcdefu,
    .large = -5000000000L,
    .word = 0xbeef,
    .numbers = {0x1111000000000001, 0x2222000000000002, 0x3333000000000003, 0x4444000000000004,
                0x5555000000000005, 0x6666000000000006, 0x7777000000000007, 0x8888000000000008},
    .text = "a text that only the kernel knows",
};

/* One argument of one call. `text` describes what a pointer points to. */
struct mpyk_argument {
    const struct mpyk_role *role;
    const char *function, *type, *name, *fate, *text;
    int number, size;
    u64 value;
};

static struct mpyk_argument mpyk_arguments[MOST];
static int mpyk_argument_count;
static DEFINE_SPINLOCK(mpyk_arguments_lock);
static unsigned long mpyk_sink;

#define USE(value) WRITE_ONCE(mpyk_sink, READ_ONCE(mpyk_sink) * 31 + (unsigned long)(value))

static SEPARATE long mpyk_call_last(struct mpyk_role *role, unsigned int flags)
{
    mpyk_wait(role);
    USE(role);
    USE(flags);
    return mpyk_sink;
}

/* Constants: the caller has them as immediate operands. Nothing is used after the call. */
static SEPARATE long mpyk_call_lost(struct mpyk_role *role, unsigned long first,
                                    struct inode *inode)
{
    USE(first);
    USE(inode);
    mpyk_call_last(role, 0x5a5a);
    return READ_ONCE(mpyk_sink) + 1;
}

/* Nine values are live during the call, but only six registers are saved by callees. */
static SEPARATE long mpyk_call_spilled(struct mpyk_role *role, unsigned long a, unsigned long b,
                                       unsigned long c, unsigned long d, unsigned long e)
{
    unsigned long x = a * b, y = c * d, z = e * a;

    mpyk_call_lost(role, mpyk_known.numbers[6], mpyk_known.inode);
    USE(role);
    USE(a);
    USE(b);
    USE(c);
    USE(d);
    USE(e);
    USE(x);
    USE(y);
    USE(z);
    return READ_ONCE(mpyk_sink);
}

/* Two arguments are on the stack of the caller. */
static SEPARATE long mpyk_call_stack(struct mpyk_role *role, unsigned long a, unsigned long b,
                                     unsigned long c, unsigned long d, unsigned long e,
                                     unsigned long f, unsigned long g)
{
    mpyk_call_spilled(role, a ^ 1, b, c, d, e);
    USE(f);
    USE(g);
    USE(role);
    return READ_ONCE(mpyk_sink);
}

static SEPARATE long mpyk_call_more_pointers(struct mpyk_role *role, struct sock *sock,
                                             struct inode *inode, struct super_block *super,
                                             const char *text)
{
    const unsigned long *n = mpyk_known.numbers;

    mpyk_call_stack(role, n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    USE(role);
    USE(sock);
    USE(inode);
    USE(super);
    USE(text);
    return READ_ONCE(mpyk_sink);
}

static SEPARATE long mpyk_call_pointers(struct mpyk_role *role, struct dentry *dentry,
                                        struct file *file, struct task_struct *task,
                                        struct socket *socket)
{
    mpyk_call_more_pointers(role, mpyk_known.sock, mpyk_known.inode, mpyk_known.super,
                            mpyk_known.text);
    USE(role);
    USE(dentry);
    USE(file);
    USE(task);
    USE(socket);
    return READ_ONCE(mpyk_sink);
}

static SEPARATE long mpyk_call_more_numbers(struct mpyk_role *role, bool yes, unsigned short word,
                                            unsigned int high_bit)
{
    mpyk_call_pointers(role, mpyk_known.dentry, mpyk_known.file, mpyk_known.task,
                       mpyk_known.socket);
    USE(role);
    USE(yes);
    USE(word);
    USE(high_bit);
    return READ_ONCE(mpyk_sink);
}

static SEPARATE long mpyk_call_numbers(struct mpyk_role *role, int negative, unsigned char small,
                                       long large)
{
    mpyk_call_more_numbers(role, mpyk_known.yes, mpyk_known.word, mpyk_known.high_bit);
    USE(role);
    USE(negative);
    USE(small);
    USE(large);
    return READ_ONCE(mpyk_sink);
}

static void note(const struct mpyk_argument *argument)
{
    spin_lock(&mpyk_arguments_lock);
    if (mpyk_argument_count < MOST)
        mpyk_arguments[mpyk_argument_count++] = *argument;
    spin_unlock(&mpyk_arguments_lock);
}

#define NOTE(role_, function_, number_, type_, name_, value_, fate_, text_)                        \
    note(&(struct mpyk_argument){.role = role_,                                                    \
                                 .function = "mpyk_call_" #function_,                              \
                                 .number = number_,                                                \
                                 .type = #type_,                                                   \
                                 .name = #name_,                                                   \
                                 .value = (u64)(value_),                                           \
                                 .size = sizeof(type_),                                            \
                                 .fate = #fate_,                                                   \
                                 .text = text_})

static void note_numbers(const struct mpyk_role *role)
{
    const unsigned long *n = mpyk_known.numbers;

    NOTE(role, numbers, 2, int, negative, mpyk_known.negative, kept, NULL);
    NOTE(role, numbers, 3, unsigned char, small, mpyk_known.small, kept, NULL);
    NOTE(role, numbers, 4, long, large, mpyk_known.large, kept, NULL);
    NOTE(role, more_numbers, 2, bool, yes, mpyk_known.yes, kept, NULL);
    NOTE(role, more_numbers, 3, unsigned short, word, mpyk_known.word, kept, NULL);
    NOTE(role, more_numbers, 4, unsigned int, high_bit, mpyk_known.high_bit, kept, NULL);
    NOTE(role, stack, 2, unsigned long, a, n[0], lost, NULL);
    NOTE(role, stack, 3, unsigned long, b, n[1], lost, NULL);
    NOTE(role, stack, 4, unsigned long, c, n[2], lost, NULL);
    NOTE(role, stack, 5, unsigned long, d, n[3], lost, NULL);
    NOTE(role, stack, 6, unsigned long, e, n[4], lost, NULL);
    NOTE(role, stack, 7, unsigned long, f, n[5], kept, NULL);
    NOTE(role, stack, 8, unsigned long, g, n[6], kept, NULL);
    NOTE(role, spilled, 2, unsigned long, a, n[0] ^ 1, kept, NULL);
    NOTE(role, spilled, 3, unsigned long, b, n[1], kept, NULL);
    NOTE(role, spilled, 4, unsigned long, c, n[2], kept, NULL);
    NOTE(role, spilled, 5, unsigned long, d, n[3], kept, NULL);
    NOTE(role, spilled, 6, unsigned long, e, n[4], kept, NULL);
    NOTE(role, lost, 2, unsigned long, first, n[6], lost, NULL);
    NOTE(role, last, 2, unsigned int, flags, 0x5a5a, kept, NULL);
}

static void note_pointers(const struct mpyk_role *role)
{
    NOTE(role, numbers, 1, struct mpyk_role *, role, role, kept, role->name);
    NOTE(role, last, 1, struct mpyk_role *, role, role, kept, role->name);
    NOTE(role, pointers, 2, struct dentry *, dentry, mpyk_known.dentry, kept, KNOWN_FILE);
    NOTE(role, pointers, 3, struct file *, file, mpyk_known.file, kept, KNOWN_FILE);
    NOTE(role, pointers, 4, struct task_struct *, task, mpyk_known.task, kept,
         mpyk_known.task->comm);
    NOTE(role, pointers, 5, struct socket *, socket, mpyk_known.socket, kept, "UDP 127.0.0.1:4701");
    NOTE(role, more_pointers, 2, struct sock *, sock, mpyk_known.sock, kept, "UDP 127.0.0.1:4701");
    NOTE(role, more_pointers, 3, struct inode *, inode, mpyk_known.inode, kept, KNOWN_FILE);
    NOTE(role, more_pointers, 4, struct super_block *, super, mpyk_known.super, kept, "tmpfs");
    NOTE(role, more_pointers, 5, const char *, text, mpyk_known.text, kept, mpyk_known.text);
    NOTE(role, lost, 3, struct inode *, inode, mpyk_known.inode, lost, KNOWN_FILE);
}

void mpyk_call_chain(struct mpyk_role *role)
{
    note_numbers(role);
    note_pointers(role);
    mpyk_call_numbers(role, mpyk_known.negative, mpyk_known.small, mpyk_known.large);
}

static int open_file(void)
{
    struct file *file = filp_open(KNOWN_FILE, O_CREAT | O_RDWR, 0640);

    if (IS_ERR(file))
        return PTR_ERR(file);
    mpyk_known.file = file;
    mpyk_known.dentry = file->f_path.dentry;
    mpyk_known.inode = file_inode(file);
    mpyk_known.super = file_inode(file)->i_sb;
    return 0;
}

static int open_socket(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(KNOWN_PORT),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int error = sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &mpyk_known.socket);

    if (error)
        return error;
    mpyk_known.sock = mpyk_known.socket->sk;
    return kernel_bind(mpyk_known.socket, (void *)&address, sizeof(address));
}

/* The known task is the caller: the guest's PID 1. */
int mpyk_calls_init(void)
{
    int error = open_file();

    mpyk_known.task = current;
    return error ? error : open_socket();
}

/* argument ROLE FUNCTION NUMBER TYPE NAME HEX FATE TEXT. The numbers begin with 1; HEX has the
 * bytes of the type. */
void mpyk_calls_truth(struct seq_file *m)
{
    for (int i = 0; i < mpyk_argument_count; i++) {
        const struct mpyk_argument *a = &mpyk_arguments[i];
        u64 mask = a->size == 8 ? ~0ULL : (1ULL << a->size * 8) - 1;

        seq_printf(m, "argument\t%s\t%s\t%d\t%s\t%s\t%llx\t%s\t%s\n", a->role->name, a->function,
                   a->number, a->type, a->name, a->value & mask, a->fate, a->text ? a->text : "");
    }
}
