# SPDX-License-Identifier: GPL-3.0-or-later
# Loaded modules, their users and parameters, in the classic style.

from pykdump.API import *

MODULE_STATE = CEnum('''
enum module_state {
    MODULE_STATE_LIVE,      /* Normal state. */
    MODULE_STATE_COMING,
    MODULE_STATE_GOING,
    MODULE_STATE_UNFORMED,
}''')


def modSize(mod):
    # 6.4 and later keep an array of memories
    if (member_size("struct module", "mem") > 0):
        return sum([m.size for m in mod.mem])
    if (mod.hasField("core_layout")):
        return mod.core_layout.size + mod.init_layout.size
    return mod.core_size + mod.init_size


def users(mod):
    out = []
    for use in ListHead(Addr(mod, "source_list"), "struct module_use").source_list:
        out.append(str(use.source.name))
    return out


def modRefs(mod):
    refcnt = atomic_t(mod.refcnt)
    return refcnt - 1


def checkModule(mod):
    name = str(mod.name)
    base = mod.mem[0].base if mod.hasField("mem") else mod.core_layout.base
    init = mod.init
    try:
        sym, off = addr2sym(long(base) + 64, True)
    except TypeError:
        sym, off = None, 0
    if (addr2mod(base) != name):
        pylog.warning("%s: base is not ours" % name)
    if (init and addr2sym(init) is None):
        pylog.info("init is gone", name)


if (__name__ == "__main__"):
    op = OptionParser()
    op.add_option("-u", dest="Users", default=0, action="store_true")
    (o, args) = op.parse_args()
    names = args or lsModules()
    mods = readSUListFromHead("modules", "list", "struct module", maxel=10000) \
        if not member_offset("struct module", "list") < 0 else []
    byname = {}
    for m in mods:
        byname[str(m.name)] = m
        checkModule(m)
    for n in names:
        if (n not in byname):
            print("There is no module %s" % n)
            continue
        m = byname[n]
        state = MODULE_STATE[int(m.state)]
        print("%x %s %d %d %s" % (m, m.name, modSize(m), modRefs(m), state))
        if (o.Users):
            print("   users:", ",".join(users(m)))
    if (len(mods) != getListSize(sym2addr("modules"), 0, 10000)):
        pylog.error("the list is damaged")
    print("%d modules" % len(mods))
