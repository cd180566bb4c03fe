package triage

// Sockets.
var socketCalls = [...]Call{
	{41, "socket", Ship, FD, args{i32("domain"), flags("type"), i32("protocol")}, ChangesFDs, 0, ""},
	{42, "connect", Ship, None, args{fd("sockfd"), saIn("addr", 2), i32("addrlen")}, sock, 0, ""},
	{43, "accept", Ship, FD, args{fd("sockfd"), saOutOpt("addr", 2), inOutOpt("addrlen", 4)}, sock | ChangesFDs, 0, ""},
	{44, "sendto", Ship, None, args{fd("sockfd"), bufIn("buf", 2), size("len"), flags("flags"), saInOpt("dest_addr", 5), i32("addrlen")}, sock, 0, ""},
	{45, "recvfrom", Ship, None, args{fd("sockfd"), bufOut("buf", 2), size("len"), flags("flags"), saOutOpt("src_addr", 5), inOutOpt("addrlen", 4)}, sock, 0, ""},
	{46, "sendmsg", Ship, None, args{fd("sockfd"), {"msg", MsgHdrIn, 56, -1, false}, flags("flags")}, sock, 0, ""},
	{47, "recvmsg", Ship, None, args{fd("sockfd"), {"msg", MsgHdrOut, 56, -1, false}, flags("flags")}, sock | ChangesFDs, 0, ""},
	{48, "shutdown", Ship, None, args{fd("sockfd"), flags("how")}, 0, 0, ""},
	{49, "bind", Ship, None, args{fd("sockfd"), saIn("addr", 2), i32("addrlen")}, 0, 0, ""},
	{50, "listen", Ship, None, args{fd("sockfd"), i32("backlog")}, 0, 0, ""},
	{51, "getsockname", Ship, None, args{fd("sockfd"), saOut("addr", 2), inOut("addrlen", 4)}, 0, 0, ""},
	{52, "getpeername", Ship, None, args{fd("sockfd"), saOut("addr", 2), inOut("addrlen", 4)}, 0, 0, ""},
	{53, "socketpair", Ship, None, args{i32("domain"), flags("type"), i32("protocol"), out("sv", 8)}, ChangesFDs, 0, ""},
	{54, "setsockopt", Ship, None, args{fd("sockfd"), i32("level"), i32("optname"), bufInOpt("optval", 4), i32("optlen")}, 0, 0, "A few options hold addresses (SO_ATTACH_FILTER, netfilter tables)"},
	{55, "getsockopt", Ship, None, args{fd("sockfd"), i32("level"), i32("optname"), bufOutPtrOpt("optval", 4), inOut("optlen", 4)}, 0, 0, "A few options hold addresses (SO_GET_FILTER counts instructions, TCP_ZEROCOPY_RECEIVE)"},
	{288, "accept4", Ship, FD, args{fd("sockfd"), saOutOpt("addr", 2), inOutOpt("addrlen", 4), flags("flags")}, sock | ChangesFDs, 0, ""},
	{299, "recvmmsg", Ship, None, args{fd("sockfd"), {"msgvec", MMsgHdrOut, 64, 2, false}, size32("vlen"), flags("flags"), tsInOutOpt("timeout")}, sock | ChangesFDs, 0, ""},
	{307, "sendmmsg", Ship, None, args{fd("sockfd"), {"msgvec", MMsgHdrIn, 64, 2, false}, size32("vlen"), flags("flags")}, sock, 0, ""},
}
