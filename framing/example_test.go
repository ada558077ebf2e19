package framing_test

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/moov-io/iso8583/network"

	"github.com/isolink-go/isolink/framing"
)

func ExampleBinary2() {
	wire, err := framing.Binary2{}.Append(nil, nil, []byte("0800..."))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% X\n", wire)

	_, body, err := framing.Binary2{}.Read(bufio.NewReader(strings.NewReader(string(wire))), 8192)
	fmt.Printf("%s %v\n", body, err)
	// Output:
	// 00 07 30 38 30 30 2E 2E 2E
	// 0800... <nil>
}

// A TPDU of five bytes stands between the length and the message.
func ExampleBinary2_headerLen() {
	framer := framing.Binary2{HeaderLen: 5}
	wire, err := framer.Append(nil, []byte{0x60, 0x00, 0x01, 0x00, 0x02}, []byte("0800"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% X\n", wire)

	header, body, err := framer.Read(bufio.NewReader(strings.NewReader(string(wire))), 8192)
	fmt.Printf("% X, %s, %v\n", header, body, err)
	// Output:
	// 00 09 60 00 01 00 02 30 38 30 30
	// 60 00 01 00 02, 0800, <nil>
}

// A length that counts its own four digits; the second frame is a keep-alive.
func ExampleASCII() {
	framer := framing.ASCII{Inclusive: true}
	r := bufio.NewReader(strings.NewReader("0011080000000040800"))
	for {
		_, body, err := framer.Read(r, 8192)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", body)
	}
	// Output:
	// "0800000"
	// ""
	// framing: ascii4 inclusive: length bytes 30 38 30 30: reading stopped after 0 of 796 bytes: unexpected EOF
}

// The pair of functions that a user of moov's iso8583-connection has.
func ExampleFuncs() {
	framer := framing.Funcs{
		ReadLength: func(r io.Reader) (int, error) {
			header := network.NewBCD2BytesHeader()
			_, err := header.ReadFrom(r)
			return header.Length(), err
		},
		WriteLength: func(w io.Writer, length int) (int, error) {
			header := network.NewBCD2BytesHeader()
			header.SetLength(length)
			return header.WriteTo(w)
		},
	}
	wire, err := framer.Append(nil, nil, make([]byte, 123))
	fmt.Printf("% X %v\n", wire[:2], err)

	_, body, err := framer.Read(bufio.NewReader(strings.NewReader(string(wire))), 8192)
	fmt.Println(len(body), err)

	_, err = framer.Append(nil, nil, make([]byte, 10_000))
	fmt.Println(err)
	// Output:
	// 01 23 <nil>
	// 123 <nil>
	// framing: funcs: a frame of 10000 bytes is larger than its length field can say (9999); MaxLength tells what WriteLength can express
}

// A connection whose framing is not that of the peer.
func ExampleError() {
	r := bufio.NewReader(strings.NewReader("0123" + "0800..."))
	_, _, err := framing.Binary2{}.Read(r, 8192)
	fmt.Println(err)
	// Output:
	// framing: binary2: length bytes 30 31: a frame of 12337 bytes is above the limit of 8192; length bytes 30 31 32 33 look like ASCII digits (123): is the framing ascii4?
}

// A terminal's request and its reply: the TPDU comes back with its addresses
// swapped.
func ExampleTPDU() {
	framer := framing.TPDU{}
	request := "\x00\x09\x60\x00\x01\x00\x02" + "0800"
	header, body, err := framer.Read(bufio.NewReader(strings.NewReader(request)), 8192)
	fmt.Printf("% X, %s, %v\n", header, body, err)

	wire, err := framer.Append(nil, framing.ReplyHeader(framer, header), []byte("0810"))
	fmt.Printf("% X %v\n", wire, err)
	// Output:
	// 60 00 01 00 02, 0800, <nil>
	// 00 09 60 00 02 00 01 30 38 31 30 <nil>
}

// A message from one station to another, and what its header says.
func ExampleVisaBaseI() {
	header, err := framing.BaseIHeader("123456", "654321")
	if err != nil {
		fmt.Println(err)
		return
	}
	framer := framing.VisaBaseI{Header: header}
	wire, err := framer.Append(nil, nil, []byte("0800"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% X\n", wire[:9])

	got, body, err := framer.Read(bufio.NewReader(strings.NewReader(string(wire))), 8192)
	if err != nil {
		fmt.Println(err)
		return
	}
	parsed, err := framing.ParseBaseI(got)
	fmt.Println(parsed.Source, parsed.Destination, parsed.TotalLength, string(body), err)
	// Output:
	// 00 1A 00 00 16 01 02 00 1A
	// 654321 123456 26 0800 <nil>
}

// A rejected message comes back behind the network's header, with the code, and
// its own.
func ExampleParseBaseI() {
	header := append([]byte{
		26, 0x81, 2, 0, 52, 0x65, 0x43, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x80, 0, 0x02, 0x07,
	}, 22, 1, 2, 0, 26, 0x12, 0x34, 0x56, 0x65, 0x43, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	reject, err := framing.ParseBaseI(header)
	if err != nil {
		fmt.Println(err)
		return
	}
	original, err := framing.ParseBaseI(reject.Original)
	fmt.Println(reject.Rejected, reject.RejectCode, original.Source, err)
	// Output:
	// true 0207 654321 <nil>
}

// A framing from a line of configuration.
func ExampleParse() {
	for _, name := range []string{"ascii4 inclusive", "Padded-Leading", "bniary2"} {
		framer, err := framing.Parse(name)
		if err != nil {
			fmt.Println(err)
			continue
		}
		wire, err := framer.Append(nil, nil, make([]byte, 39))
		fmt.Printf("%v: %q %v\n", framer, wire[:4], err)
	}
	// Output:
	// ascii4 inclusive: "0043" <nil>
	// padded leading: "\x00\x00\x00'" <nil>
	// framing: unknown framing: "bniary2": did you mean "binary2"? the names are ascii2, ascii3, ascii4, ascii5, ascii6, base1, base24, bcd2, binary2, binary2+tpdu, binary4, cmf, ebcdic4, hex4, padded, rbp, trailer, vmlh
}

// A keep-alive, whatever the framing.
func ExampleKeepAliver() {
	for _, framer := range []framing.KeepAliver{
		framing.Binary2{Inclusive: true}, framing.TPDU{}, framing.VMLH{}, framing.Trailer{},
	} {
		wire, ok := framer.AppendKeepAlive(nil)
		fmt.Printf("%v: % X %v\n", framer, wire, ok)
	}
	// Output:
	// binary2 inclusive: 00 02 true
	// binary2+tpdu: 00 05 60 00 00 00 00 true
	// vmlh: 00 00 00 20 true
	// trailer:  false
}

// A message with binary fields cannot end with a trailer alone.
func ExampleTrailer() {
	wire, err := framing.Trailer{}.Append(nil, nil, []byte("0800 and text"))
	fmt.Printf("%q %v\n", wire, err)

	_, err = framing.Trailer{}.Append(nil, nil, []byte{0x08, 0x00, 0x03})
	fmt.Println(err)
	// Output:
	// "0800 and text\x03" <nil>
	// framing: trailer: a message of 3 bytes contains the byte that would end it (03); messages with binary fields need a framing with a length
}

// A length of another form than the framing's fixed bytes.
func ExamplePadded() {
	_, _, err := framing.Padded{}.Read(bufio.NewReader(strings.NewReader("\x00\x00\x00\x07"+"0800...")), 8192)
	fmt.Println(err)
	// Output:
	// framing: padded: length bytes 00 00 00 07: these do not end with 00 00; length bytes 00 00 00 07 look like a binary length of four bytes (7, framing binary4 or padded leading): is the framing set as the peer's?
}
