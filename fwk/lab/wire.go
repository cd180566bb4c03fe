package lab

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// The lab and its machine talk over one serial line in frames: start byte, kind, length (two bytes,
// little endian), content. Input to the command is sent only as far as the machine has allowed it,
// because a serial line that is not read loses what it cannot keep.

type kind byte

const (
	frameHello  kind = 'H' // machine: ready; content: time since boot in ms, decimal
	frameIn     kind = 'I' // lab: standard input; empty: its end
	frameMore   kind = 'M' // machine: that much input was taken; content: 4 bytes
	frameOut    kind = 'O' // machine: standard output
	frameErr    kind = 'E' // machine: standard error
	frameSize   kind = 'S' // lab: the terminal's rows and columns; content: 2+2 bytes
	frameExit   kind = 'X' // machine: exit status; content: 4 bytes
	frameFailed kind = 'F' // machine: could not run the command; content: why
)

const (
	frameStart = 0xa5
	frameMax   = 4096
	window     = 4096 // bytes of input on their way at most
)

type frame struct {
	kind kind
	body []byte
}

var errWire = errors.New("the serial line to the lab's machine is out of step")

// wire sends and receives frames. Any goroutine may send; one receives.
type wire struct {
	r  io.Reader
	mu sync.Mutex
	w  io.Writer
}

// send writes body in as many frames as it takes, at least one.
func (w *wire) send(k kind, body []byte) error {
	for {
		part := body[:min(len(body), frameMax)]
		body = body[len(part):]
		buf := append([]byte{frameStart, byte(k), byte(len(part)), byte(len(part) >> 8)}, part...)
		w.mu.Lock()
		_, err := w.w.Write(buf)
		w.mu.Unlock()
		if err != nil || len(body) == 0 {
			return err
		}
	}
}

func (w *wire) receive() (frame, error) {
	var head [4]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		return frame{}, err
	}
	n := int(binary.LittleEndian.Uint16(head[2:]))
	if head[0] != frameStart || n > frameMax {
		return frame{}, errWire
	}
	f := frame{kind(head[1]), make([]byte, n)}
	_, err := io.ReadFull(w.r, f.body)
	return f, err
}

func (w *wire) sendUint(k kind, n uint32) error {
	return w.send(k, binary.LittleEndian.AppendUint32(nil, n))
}

func (f *frame) uint() uint32 {
	if len(f.body) < 4 {
		return 0
	}
	return binary.LittleEndian.Uint32(f.body)
}
