# SPDX-License-Identifier: GPL-3.0-or-later
# Slab caches (SLUB), in the classic style.

from pykdump.API import *
from LinuxDump import percpu
from LinuxDump.libmisc import val_to_units_string, indent_str

OO_SHIFT = 16
OO_MASK = (1 << OO_SHIFT) - 1


def slabSize(cache):
    oo = cache.oo.x
    order = oo >> OO_SHIFT
    return PAGESIZE << order


def nodes(cache):
    # an array of pointers, one a NUMA node; allocated only as far as there are nodes
    n = readSymbol("nr_node_ids") if symbol_exists("nr_node_ids") else 1
    for i in range(min(n, len(cache.node))):
        node = cache.node[i]
        if (long(node)):
            yield node


def counts(cache):
    slabs = objects = 0
    for node in nodes(cache):
        slabs += atomic_t(node.nr_slabs)
        objects += atomic_t(node.total_objects)
    return slabs, objects


def cpuSlabs(cache):
    out = 0
    for cpu in range(sys_info.CPUS):
        c = percpu.percpu_ptr(cache.cpu_slab, cpu)
        if (c.slab):
            out += 1
    return out


if (__name__ == "__main__"):
    op = OptionParser()
    op.add_option("-n", dest="Name", default="", type="string", action="store")
    (o, args) = op.parse_args()
    if (not symbol_exists("slab_caches")):
        print("No SLUB here")
        sys.exit(0)
    size = member_size("struct kmem_cache", "object_size")
    if (size == -1 or getSizeOf("struct kmem_cache") <= 0):
        pylog.error("cannot find object_size")
        sys.exit("unsupported kernel")
    pattern = re.compile(o.Name)
    total = long(0)
    for cache in readSUListFromHead(sym2addr("slab_caches"), "list", "struct kmem_cache", maxel=100000):
        name = str(cache.name)
        if (not pattern.match(name)):
            continue
        slabs, objects = counts(cache)
        ssize = slabSize(cache)
        total += slabs * ssize
        print("%x %d %d %d %dk %s" % (cache, cache.object_size, objects, slabs, ssize // 1024, name))
        if (API_options.debug):
            print(indent_str(1), "on CPUs:", cpuSlabs(cache), whatis("slab_caches").ctype)
    print("Total memory in slabs: %s (%d)" % (val_to_units_string(total, 1024), total))
