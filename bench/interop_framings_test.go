package main

import (
	"io"

	connection "github.com/moov-io/iso8583-connection"
	"github.com/moov-io/iso8583/network"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// framed is how both ends put frames around messages.
type framed struct {
	name     string
	framer   framing.Framer // at our ends
	borrowed bool           // it is made of the peer's functions, for connections with it
	read     connection.MessageLengthReader
	write    connection.MessageLengthWriter
	options  []connection.Option // of the peer's ends
	// keepAlive is one as the peer sends it.
	keepAlive string
}

// interopFramings are the peer's own headers, each with the framing of ours that
// is to be the same, its functions in ours, and its pair for messages in ours.
func interopFramings() []framed {
	readASCII4, writeASCII4 := lengthsOf(func() network.Header { return network.NewASCII4BytesHeader() })
	readBCD2, writeBCD2 := lengthsOf(func() network.Header { return network.NewBCD2BytesHeader() })
	funcs := framing.Funcs{ReadLength: readBinary2, WriteLength: writeBinary2, MaxLength: 65_535}
	pair := messages.MessageFramer{Spec: sample.Spec, Reader: headedMessages{}, Writer: headedMessages{}}
	return []framed{
		{"binary2", framing.Binary2{}, false, readBinary2, writeBinary2, nil, "\x00\x00"},
		{"ascii4", framing.ASCII{}, false, readASCII4, writeASCII4, nil, "0000"},
		{"bcd2", framing.BCD2{}, false, readBCD2, writeBCD2, nil, "\x00\x00"},
		{"vmlh", framing.VMLH{}, false, readVMLH, writeVMLH, nil, "\x00\x04\x00\x20IDLE"},
		{"funcs", funcs, true, readBinary2, writeBinary2, nil, "\x00\x00"},
		{"messages", pair, true, nil, nil, headedMessages{}.options(), "\x00\x00"},
	}
}

// lengthsOf are the length functions of the peer for one of its headers, as its
// documentation writes them.
func lengthsOf(header func() network.Header) (connection.MessageLengthReader, connection.MessageLengthWriter) {
	read := func(r io.Reader) (int, error) {
		h := header()
		if _, err := h.ReadFrom(r); err != nil {
			return 0, err
		}
		return h.Length(), nil
	}
	write := func(w io.Writer, length int) (int, error) {
		h := header()
		h.SetLength(length)
		return h.WriteTo(w)
	}
	return read, write
}

// readVMLH passes over session control, which the peer's connection would take for
// a message.
func readVMLH(r io.Reader) (int, error) {
	for {
		h := network.NewVMLHeader()
		if _, err := h.ReadFrom(r); err != nil {
			return 0, err
		}
		if !h.IsSessionControl {
			return h.Length(), nil
		}
		if _, err := io.CopyN(io.Discard, r, int64(h.Length())); err != nil {
			return 0, err
		}
	}
}

func writeVMLH(w io.Writer, length int) (int, error) {
	h := network.NewVMLHeader()
	if err := h.SetLength(length); err != nil {
		return 0, err
	}
	return h.WriteTo(w)
}
