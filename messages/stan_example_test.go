package messages_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/messages"
)

// The numbers of a range, which come round. The clock is one that stands still;
// with the real one, the first number is another each time.
func ExampleSTANs_Next() {
	stans, err := messages.NewSTANs(messages.STANConfig{
		First: 500_000, Last: 500_002,
		Now: func() time.Time { return time.Unix(0, 0) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 4 {
		fmt.Println(stans.Next())
	}

	// Output:
	// 500000 <nil>
	// 500001 <nil>
	// 500002 <nil>
	// 500000 <nil>
}

// A message that has a number keeps it.
func ExampleSTANs_Fill() {
	stans, err := messages.NewSTANs(messages.STANConfig{Now: func() time.Time { return time.Unix(0, 0) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	msg.MTI("0200")
	for range 2 {
		filled, err := stans.Fill(msg)
		stan, _ := msg.GetString(11)
		fmt.Println(filled, stan, err)
	}

	// Output:
	// true 000001 <nil>
	// false 000001 <nil>
}

// A program that starts again goes on behind the block of the run before, however
// that ended.
func ExampleNewSTANFile() {
	dir, err := os.MkdirTemp("", "stan")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "acquirer.stan")
	counter := []byte("isolink-stan 00000000000000000000\n") // or none: it is made, and begins with the clock
	if err := os.WriteFile(path, counter, 0o600); err != nil {
		fmt.Println(err)
		return
	}

	for range 2 { // the runs of the program
		stans, err := messages.NewSTANs(messages.STANConfig{Store: messages.NewSTANFile(path)})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(stans.Next())
		fmt.Println(stans.Next())
	}

	// Output:
	// 000001 <nil>
	// 000002 <nil>
	// 001001 <nil>
	// 001002 <nil>
}
