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
