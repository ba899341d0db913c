# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the modules of the classic PyKdump: its release of January 2022, read from the source (stancheff/pykdump).

The names that a module has today are not repeated here.
"""

from __future__ import annotations

# {old module: (modules whose names its star import gives as well, modules and names that it had imported, names that
# this version lacks)}
OLD_NAMES: dict[str, tuple[str, str, str]] = {
    "LinuxDump.Analysis": (
        "pykdump.API",
        "textwrap operator LinuxDump.inet.proto LinuxDump.Tasks:TaskTable LinuxDump.Tasks:Task "
        "LinuxDump.Tasks:tasksSummary LinuxDump.Tasks:ms2uptime LinuxDump.Tasks:decode_tflags "
        "LinuxDump.Tasks:decode_waitq LinuxDump.Tasks:TASK_STATE LinuxDump.fregsapi:search_for_registers "
        "LinuxDump.fregsapi:DisasmFlavor LinuxDump.BTstack:exec_bt LinuxDump.BTstack:verifyFastSet",
        "",
    ),
    "LinuxDump.BTstack": (
        "pykdump.API",
        "collections:namedtuple",
        "stack_categorize re_pid re_f1 re_f1_t re_via re_rmvia re_exception_rip get_threads_subroutines_slow "
        "funcsMatch",
    ),
    "LinuxDump.CpuFreq": (
        "pykdump.API",
        "LinuxDump.percpu",
        "cpufreq_cpu_data print_cpufreq",
    ),
    "LinuxDump.Dev": (
        "pykdump.API",
        "LinuxDump.percpu:percpu_ptr LinuxDump.percpu:get_cpu_var LinuxDump.Time:j_delay "
        "LinuxDump.scsi:req2scsi_info LinuxDump.scsi:scsi_debuginfo_OK collections:namedtuple collections:Counter "
        "textwrap textwrap:TextWrapper LinuxDump.block:decode_devt pykdump.legacy.block_reports:listTextWrapper "
        "pykdump.legacy.block_reports:list_fill pykdump.legacy.block_reports:stripStructName "
        "pykdump.legacy.block_reports:get_blkdev_tables pykdump.legacy.block_reports:get_bd_gd "
        "pykdump.legacy.block_reports:print_blkdevs pykdump.legacy.block_reports:BlkDev "
        "pykdump.legacy.block_reports:get_blkdevs pykdump.legacy.block_reports:get_blkdevs_v2 "
        "pykdump.legacy.block_reports:print_disk_stats pykdump.legacy.block_reports:print_gendisk "
        "pykdump.legacy.block_reports:get_requestqueue pykdump.legacy.block_reports:get_request_queues "
        "pykdump.legacy.block_reports:BDEV_I pykdump.legacy.block_reports:I_BDEV "
        "pykdump.legacy.block_reports:get_gendisks pykdump.legacy.request_reports:blk_rq_deadline "
        "pykdump.legacy.request_reports:is_request_WRITE pykdump.legacy.request_reports:is_request_STARTED "
        "pykdump.legacy.request_reports:decode_rq_state pykdump.legacy.block_reports:check_request_queue "
        "pykdump.legacy.request_reports:is_request_BAD pykdump.legacy.request_reports:decode_request "
        "pykdump.legacy.request_reports:print_blk_cpu_done pykdump.legacy.request_reports:get_blkreq_info "
        "pykdump.legacy.request_reports:print_request_queues pykdump.legacy.request_reports:get_blkreq_fromslab "
        "pykdump.legacy.request_reports:print_request_slab pykdump.legacy.device_mapper_reports:print_dm_devices "
        "pykdump.legacy.device_mapper_reports:decode_dm_table",
        "get_blkdevs_v1",
    ),
    "LinuxDump.Files": (
        "pykdump.API",
        "",
        "pidFiles filesR",
    ),
    "LinuxDump.KernLocks": (
        "pykdump.API",
        "LinuxDump.Tasks:decode_waitq",
        "",
    ),
    "LinuxDump.Slab": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.Tasks": (
        "pykdump.API",
        "pykdump.ASCII_Art:EmbeddedFrames LinuxDump.percpu LinuxDump.inet.proto LinuxDump.BTstack:exec_bt "
        "LinuxDump.fs:get_dentry_name textwrap textwrap:TextWrapper collections:namedtuple operator "
        "functools:reduce",
        "TASK_STATE_c_26 TASK_STATE_26 TASK_STATE_c_4n TASK_STATE_4n tsarray init_task init_task_saddr "
        "sched_clock2ms_26_jiffies sched_clock2ms_26_tsc sched_clock2ms_24 sched_clock2ms runqueues_addrs rqtype "
        "init_nsproxy get_ioctx_list get_ipcs_m vma2sysv get_task_shm_usage print_mm_stats",
    ),
    "LinuxDump.Time": (
        "pykdump.API",
        "collections:namedtuple",
        "",
    ),
    "LinuxDump.WorkQueues": (
        "pykdump.API",
        "collections:namedtuple textwrap textwrap:TextWrapper LinuxDump.Dev LinuxDump.percpu "
        "LinuxDump.idr:idr_for_each LinuxDump.Tasks:decode_waitq",
        "print_wq_simple_details get_gcwq get_cwqs print_wq_gcwq_details for_each_pool_worker_idr",
    ),
    "LinuxDump.crashcolor": (
        "pykdump.API",
        "",
        "CURSOR_RESET CURSOR_UP CURSOR_DOWN CURSOR_RIGHT CURSOR_LEFT cursor_code_list change_cursor CURSOR_POS "
        "CLEAR_SCREEN_AFTER CLEAR_SCREEN_BEFORE CLEAR_SCREEN_ALL clear_screen_list CLEAR_LINE_AFTER "
        "CLEAR_LINE_BEFORE CLEAR_LINE_ALL clear_line_list clear_screen_to clear_line_to",
    ),
    "LinuxDump.crashhelper": (
        "pykdump.API",
        "posixpath:expanduser",
        "",
    ),
    "LinuxDump.dlkm": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.flock": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.fregsapi": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.fs": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.fs.dcache": (
        "pykdump.API LinuxDump.fs stat",
        "",
        "",
    ),
    "LinuxDump.fs.ext3": (
        "pykdump.API LinuxDump.fs",
        "LinuxDump.percpu:percpu_counter_sum",
        "statfs_Ext3 test_root ext3_group_sparse EXT3_FEATURE_RO_COMPAT_SPARSE_SUPER ext3_bg_has_super EXT3_SB "
        "EXT3_HAS_RO_COMPAT_FEATURE ext3_bg_num_gdb ext3_count_free_blocks ext3_count_free_inodes "
        "ext3_get_group_desc EXT3_DESC_PER_BLOCK showExt3",
    ),
    "LinuxDump.fs.fs_h": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.fs.nfs4_fs_h": (
        "pykdump.API LinuxDump.trees",
        "LinuxDump.fs.fs_h:FILE_MODE_FLAGS textwrap",
        "NFS4_CLIENT_STATE nfs_client NFS_DELEGATION_FLAGS nfs_delegation SERVER_CAPABILITIES nfs_server "
        "NFS4_STATE_OWNER_FLAGS nfs4_state_owner NFS4_STATE_FLAGS nfs4_state auto_int",
    ),
    "LinuxDump.idr": (
        "pykdump.API",
        "",
        "IDR_SIZE IDR_BITS IDR_MASK MAX_IDR_SHIFT MAX_IDR_LEVEL fls idr_max idr_find_slowpath",
    ),
    "LinuxDump.inet": (
        "pykdump.API",
        "socket struct socket:htonl",
        "net_all",
    ),
    "LinuxDump.inet.fib_trie40": (
        "pykdump.API LinuxDump.inet",
        "pykdump.legacy.routing_reports:KEYLENGTH pykdump.legacy.routing_reports:get_fib_entries_v40",
        "gen_rtn KEY_MAX IS_TRIE IS_TNODE IS_LEAF get_index get_child_rcu node_parent_rcu tn_info leaf_walk "
        "leaf_walk_rcu process_one_kv fib_table_dump",
    ),
    "LinuxDump.inet.neighbour": (
        "pykdump.API LinuxDump.inet",
        "LinuxDump.inet.netdevice:hwaddr2str LinuxDump.inet.netdevice:ARP_HW LinuxDump.inet.proto:P_FAMILIES "
        "LinuxDump.inet.proto:walk_skb LinuxDump.inet.proto:skb_shinfo",
        "",
    ),
    "LinuxDump.inet.netdevice": (
        "pykdump.API LinuxDump.inet",
        "LinuxDump.percpu LinuxDump.inet.proto:print_skbuff_head LinuxDump.KernLocks:spin_is_locked io:StringIO",
        "IFF_FLAGS ARP_HW get_inet6_ifaddr get_inet6_devs DEVSTATE_c DEVSTATE decodeDevState NETIF_FEATURES "
        "NETDEV_ALIGN netdev_priv print_mc_list printQdisc lb_get_stats bond_get_stats get_stat64 tg3_get_stats "
        "getStats prio2band snetmask print_If print_Ifs printPerCPU printBondMaster",
    ),
    "LinuxDump.inet.netfilter": (
        "pykdump.API LinuxDump.inet",
        "LinuxDump.percpu LinuxDump.inet.proto:P_FAMILIES pykdump.legacy.netfilter_reports:NF_HOOKS",
        "",
    ),
    "LinuxDump.inet.proto": (
        "pykdump.API LinuxDump.inet",
        "struct types itertools stat:S_ISSOCK LinuxDump.Time:sched_clock LinuxDump.Time:j_delay",
        "skc_node_off skc_nulls_node_off sock_V1 sk_for_each sk_nulls_for_each inet_sk_for_each formatIPv4 "
        "formatIPv6 IP_rqs IP_conn_tw inode2socketaddr check_inet_sock init_INET_Stuff init_PseudoAttrs "
        "INET_Stuff get_TCP_TIMEWAIT_2 print_accept_queue P_FAMILIES_c tcp_state_c sock_type_c print_skbuff_head "
        "ETH_P_IP IP_oneliner walk_skb skb_network_header skb_transport_header skb_shinfo decode_skbuf "
        "decode_IP_header decode_TCP_header decode_TCP_flags TCP_CA_STATE tcp_win_from_space tcp_space "
        "tcp_full_space analyze_tcp_rcv_win",
    ),
    "LinuxDump.inet.routing": (
        "pykdump.API LinuxDump.inet",
        "pykdump.legacy.routing_reports:KEYLENGTH pykdump.legacy.routing_reports:RTAX "
        "pykdump.legacy.routing_reports:RTF pykdump.legacy.routing_reports:RTN "
        "pykdump.legacy.routing_reports:RTN_MAX pykdump.legacy.routing_reports:RT_TABLE_MAIN",
        "CONFIG_IP_MULTIPLE_TABLES CONFIG_IP_ROUTE_MULTIPATH get_fib_tables_v26 walk_fn_zones_v26 "
        "get_fib_tables_v24 walk_fn_zones_v24 print_fib_rules_old T_NODE T_LEAF NODE_TYPE_MASK IS_LEAF IS_TNODE "
        "NODE_TYPE node_parent_rcu tnode_get_child_rcu leaf_walk_rcu trie_firstleaf trie_nextleaf "
        "tkey_extract_bits process_one_leaf get_fib_entries_v30 FN RTN_c RTN_defs fib_flags_trans RTAX_c "
        "walk_fn_zones",
    ),
    "LinuxDump.inet.snmpstats": (
        "pykdump.API",
        "struct types io:StringIO LinuxDump.percpu LinuxDump.inet:get_ns_net",
        "snmp4_tables SnmpTable getSnmpTable",
    ),
    "LinuxDump.inet.summary": (
        "pykdump.API",
        "LinuxDump.inet.proto LinuxDump.inet.netdevice LinuxDump.inet.proto:tcpState "
        "LinuxDump.inet.proto:sockTypes LinuxDump.inet.proto:IP_sock LinuxDump.inet.proto:P_FAMILIES itertools",
        "TCPIP_Summarize IF_Summarize",
    ),
    "LinuxDump.kernfs": (
        "pykdump.API LinuxDump.fs LinuxDump.trees",
        "",
        "",
    ),
    "LinuxDump.kmem": (
        "pyparsing",
        "sys re",
        "actionToInt actionToHex stripQuotes Cid dquote noprefix_hexval hexval decval intval zname AREA ZONE NODE "
        "nodekmem",
    ),
    "LinuxDump.kobjects": (
        "pykdump.API",
        "",
        "",
    ),
    "LinuxDump.libmisc": (
        "pykdump.API",
        "",
        "get_enum_bit_string print_enum_bit arg_value call_foreach_argv",
    ),
    "LinuxDump.nfsrpc": (
        "pykdump.API LinuxDump.inet",
        "LinuxDump.fs:getMount",
        "NFS_flags NFS_caps RPC_flags NFS_INO init_Structures load_Structures is_NFSD finalize_Structures "
        "get_nfs_mounts if_loopback_NFS print_nfs_inode NFS_SERVER NFS_SB",
    ),
    "LinuxDump.pci": (
        "pykdump.API LinuxDump.sysfs LinuxDump.kobjects",
        "",
        "",
    ),
    "LinuxDump.percpu": (
        "pykdump.API",
        "",
        "get_cpu_var_26 get_cpu_var_26_new get_cpu_var_24 get_percpu_ptr_26_dynamic get_percpu_ptr_26 CPUS "
        "pointermask pda_addr per_cpu_offsets cpu_pda pda_ptr_arr paca_ptr_arr",
    ),
    "LinuxDump.scsi": (
        "pykdump.API LinuxDump.sysfs LinuxDump.kobjects",
        "collections:namedtuple collections:OrderedDict LinuxDump.Time:j_delay",
        "scsi_device_types enum_shost_state scsi_debuginfo_OK enum_st_state scsi_device_type fc_rport_dev_release "
        "scsi_is_fc_rport dev_to_rport to_scsi_target scsi_target starget_to_rport class_for_each_device "
        "get_Scsi_Hosts_from_class scsi_device_lookup scsi_types get_all_SCSI get_SCSI_devices get_shost_states "
        "print_Scsi_Host request_timeinfo print_scsi_dev_cmnds req2scsi_info do_driver_specific "
        "print_SCSI_devices",
    ),
    "LinuxDump.scsi.lpfc": (
        "pykdump.API",
        "",
        "print_extra dummy_print_extra",
    ),
    "LinuxDump.specialcases": (
        "",
        "importlib",
        "check_specialcases",
    ),
    "LinuxDump.specialcases.centrify": (
        "pykdump.API",
        "LinuxDump.Tasks:TaskTable LinuxDump.Tasks:TASK_STATE LinuxDump.BTstack:exec_bt "
        "LinuxDump.inet.proto:decodeSock LinuxDump.inet.proto:unix_sock",
        "do_check",
    ),
    "LinuxDump.syscall": (
        "pykdump.API",
        "LinuxDump.BTstack:exec_bt LinuxDump.Files:pidFiles LinuxDump.Files:filesR LinuxDump.Tasks:get_ioctx_list",
        "get_SysCallTable get_SysCallTable32 sct32 getSyscallArgs_x86 getSyscallArgs_x8664 getSyscall32Args_x8664 "
        "getSyscallArgs_ia64 getSyscallArgs generic_decoder decode_Stacks",
    ),
    "LinuxDump.sysctl": (
        "pykdump.API LinuxDump.trees",
        "struct types LinuxDump.Tasks:jiffies2ms stat:S_ISDIR stat:S_ISLNK",
        "root_table root_table_header readCtlTable first_usable_entry first_entry find_entry find_subdir "
        "for_all_sysdir_entries process_subdir print_sysdir follow_symlink xlate_dir",
    ),
    "LinuxDump.sysfs": (
        "pykdump.API LinuxDump.fs LinuxDump.trees",
        "LinuxDump.kernfs pykdump.legacy.kernfs_reports:print_sysfs_dirent "
        "pykdump.legacy.kernfs_reports:sysfs_fullpath pykdump.legacy.kernfs_reports:blockdev_name "
        "pykdump.legacy.kernfs_reports:gendev2sd pykdump.legacy.kernfs_reports:decode_sysfs_dirent "
        "pykdump.legacy.kernfs_reports:for_all_dirents pykdump.legacy.kernfs_reports:sysfs_parent",
        "decode_sysfs_dirent_311 decode_sysfs_dirent_2632 sysfs_parent_2618 sysfs_parent_311 for_all_dirents_2618 "
        "for_all_dirents_2632 for_all_dirents_3080 for_all_dirents_30101 for_all_dirents_311 blockdev_name_kernfs "
        "gendev2sd_old",
    ),
    "LinuxDump.trees": (
        "pykdump.API",
        "crash:mem2long",
        "ffs RADIX_TREE_MAP_SIZE RADIX_TREE_HEIGHT_MASK RADIX_TREE_MAP_MASK RADIX_TREE_MAP_SHIFT "
        "RADIX_TREE_INDIRECT_PTR height_to_maxindex RADIX_TREE_MAX_PATH RADIX_TREE_HEIGHT_SHIFT "
        "radix_tree_maxindex radix_tree_is_indirect_ptr indirect_to_ptr",
    ),
    "pykdump.ASCII_Art": (
        "",
        "textwrap operator array copy",
        "EmbeddedFrames LineU Array2u BoxContainer Box AA_Node",
    ),
    "pykdump.Generic": (
        "",
        "copy inspect collections:namedtuple itertools:zip_longest",
        "LazyEval getFrameLocals getMod_and_kwargs formatargs DataCache PyCtl funcToMethod",
    ),
    "pykdump.datatypes": (
        "",
        "functools:reduce inspect",
        "LazyEval TYPE_CODE_SU gdb_typeinfo VarInfo PseudoVarInfo update_EI_fromgdb e_to_tagname",
    ),
    "pykdump.dlkmload": (
        "",
        "",
        "",
    ),
    "pykdump.highlevel": (
        "",
        "inspect signal",
        "warn_maxel noncached_symbol_exists readIntN nc_member_offset",
    ),
    "pykdump.logging": (
        "",
        "",
        "ERROR INFO",
    ),
    "pykdump.lowlevel": (
        "",
        "types",
        "parseSUDef readIntN VarInfo PseudoVarInfo TYPE_CODE_PTR TYPE_CODE_SU TYPE_CODE_FUNC TYPE_CODE_INT "
        "TYPE_CODE_ENUM PseudoAttr PseudoAttrProc parseDerefString pseudoAttrEvaluator subStructResult "
        "ti_enumReader ti_boolReader ti_intReader suReader ptrReader b2str newDereferencer intDimensionlessArray "
        "tPtrDimensionlessArray",
    ),
    "pykdump.memocaches": (
        "",
        "",
        "MemoizeTI MemoizeSU print_memoize_cache PY_select_stats",
    ),
    "pykdump.tparser": (
        "pyparsing",
        "sys string re pprint atexit types pyparsing os time",
        "Bunch FieldInfo actionToInt actionToHex lsqb rsqb lpar rpar eqsign dEnum EndSimple Integer Cid hexval "
        "decval intval Lbracket Rbracket enumval enumline lastenumline enumlines Cenumdecl defineStmt defineBlock "
        "CEnum CDefine concatNoSpace concatWithSpace replaceFargs Specifier Array Arrays Stars semiColon npars "
        "balancedParens Specifiers Nonfunc Funcptr stmt1 SUhead suDef parseSUDef parser_header_tabs t_start "
        "t_starta cleanup",
    ),
    "pykdump.vmcorearch": (
        "",
        "",
        "kernel kname RHDIR CGDIR debuginfo",
    ),
}
