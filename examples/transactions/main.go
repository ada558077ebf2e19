// Command transactions makes the sample messages that isolink's demo, tests and
// benchmarks send:
//
//	go run ./examples/transactions > testdata/transactions.hex
//
// It writes 2,000 requests and advices as an acquirer would send them to a network
// within some 13 minutes, in the format of package spec87, one to a line, in hex.
// They are the same each time: a test holds the file against the program.
//
//   - MTIs 0100, 0120, 0200, 0220, 0400, 0420 and 0800, in the shares of [mix]; 8 to
//     25 data elements each.
//   - System trace audit numbers (element 11) are 000001 to 002000. Retrieval
//     reference numbers (37) are unique too, those of reversals included: element 90,
//     not 37, leads from a reversal to its original, an earlier message of the file.
//   - The card numbers are those that the schemes and their processors publish for
//     tests. Tracks, PIN blocks and cryptograms are made up.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/moov-io/iso8583"
)

// count is how many messages are made.
const count = 2000

func main() {
	if err := write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "transactions:", err)
		os.Exit(1)
	}
}

// write writes the file.
func write(to io.Writer) error {
	buffered := bufio.NewWriter(to)
	g := newGenerator()
	for range count {
		packed, err := g.next().pack()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(buffered, hex.EncodeToString(packed)); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// message is a message before it is packed. The values of binary elements are their
// bytes.
type message struct {
	mti      string
	elements map[int]string
}

func (m message) pack() ([]byte, error) {
	packable := iso8583.NewMessage(spec87.Spec)
	packable.MTI(m.mti)
	for id, value := range m.elements {
		if err := packable.BinaryField(id, []byte(value)); err != nil {
			return nil, err
		}
	}
	return packable.Pack()
}
