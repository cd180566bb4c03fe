package triage

// Field is an address inside a structure that an argument points to: what the memory behind it is. A
// proxy that does not trust the structure to stay as it is checks and hands Linux a copy.
type Field struct {
	At   uint16 // its offset, 8 bytes
	Kind Kind   // of the memory it points to: a kind with a length, a path, an iovec, AtMost
	Size uint32 // of one element, or the most; as Arg.Size

	// LenAt is the offset of the length or count, LenSize how many bytes it has; 0: there is none.
	LenAt, LenSize uint16

	// Only and Value: the field is an address only while the 32-bit word at offset Only is Value.
	Only  uint16
	Value uint32
}

// Layout is what a structure with addresses inside looks like.
type Layout struct {
	Size   uint32  // bytes of it that are understood; what a longer one has beyond must be zero
	Fields []Field // all addresses in it
	Out    bool    // Linux writes to the structure itself
}

var (
	msgHdrIn = Layout{56, []Field{{At: 0, Kind: BufIn, Size: 1, LenAt: 8, LenSize: 4}, {At: 16, Kind: IovecIn, Size: 16, LenAt: 24, LenSize: 8},
		{At: 32, Kind: BufIn, Size: 1, LenAt: 40, LenSize: 8}}, false}
	msgHdrOut = Layout{56, []Field{{At: 0, Kind: BufOut, Size: 1, LenAt: 8, LenSize: 4}, {At: 16, Kind: IovecOut, Size: 16, LenAt: 24, LenSize: 8},
		{At: 32, Kind: BufOut, Size: 1, LenAt: 40, LenSize: 8}}, true}
	mmsgHdrIn  = Layout{64, msgHdrIn.Fields, true}
	mmsgHdrOut = Layout{64, msgHdrOut.Fields, true}
	// struct sigevent: the value is a cookie's address if the notification is by thread.
	sigevent    = Layout{64, []Field{{At: 0, Kind: StructIn, Size: 32, Only: 12, Value: 2}}, false}
	setXattr    = Layout{16, []Field{{At: 0, Kind: BufIn, Size: 1, LenAt: 8, LenSize: 4}}, false}
	getXattr    = Layout{16, []Field{{At: 0, Kind: BufOut, Size: 1, LenAt: 8, LenSize: 4}}, false}
	ifconf      = Layout{16, []Field{{At: 8, Kind: BufOut, Size: 1, LenAt: 0, LenSize: 4}}, true}
	remoteIovec = Layout{16, nil, false} // addresses of another process, which the call does not follow here
)

// LayoutOf returns the layout of what argument i of the call points to, nil when nothing describes it.
// For a variant argument that Resolve found to hold addresses, by is the value that selected it.
func (c *Call) LayoutOf(i int, by uint64) *Layout {
	switch c.Args[i].Kind {
	case MsgHdrIn:
		return &msgHdrIn
	case MsgHdrOut:
		return &msgHdrOut
	case MMsgHdrIn:
		return &mmsgHdrIn
	case MMsgHdrOut:
		return &mmsgHdrOut
	}
	switch c.Nr {
	case 16:
		if uint32(by) == siocGIFCONF {
			return &ifconf
		}
	case 244:
		return &sigevent
	case 463:
		return &setXattr
	case 464:
		return &getXattr
	case 310, 311:
		return &remoteIovec
	}
	return nil
}
