package linktest_test

import (
	"bufio"
	"context"
	"fmt"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// A host answers one request, resets the connection at the second, and answers
// again afterwards. The host's log and the oracle tell what happened.
func Example() {
	seen := linktest.NewRecorder(func(f linktest.Frame) string { return string(f.Body[4:]) })
	host := linktest.NewPeer(linktest.PeerConfig{
		Framing:  framing.Binary2{},
		Recorder: seen,
		Handle:   linktest.Steps(linktest.Reply(), linktest.ResetConn()),
	})
	defer host.Close()
	oracle := linktest.NewOracle(host.Dial)

	for _, id := range []string{"A", "B", "C"} {
		fmt.Println(id, ask(oracle, id), seen.Received(id), seen.Replied(id))
	}
	written, err := oracle.Frames(framing.Binary2{})
	fmt.Println(len(written), err)
	// Output:
	// A 0210A 1 1
	// B no answer 1 0
	// C 0210C 1 1
	// 3 <nil>
}

// ask stands for the code under test.
func ask(oracle *linktest.Oracle, id string) string {
	conn, err := oracle.Dial(context.Background(), "tcp", "host.example:5001")
	if err != nil {
		return "no connection"
	}
	defer conn.Close()
	frame, _ := framing.Binary2{}.Append(nil, nil, []byte("0200"+id))
	if _, err := conn.Write(frame); err != nil {
		return "not written"
	}
	_, body, err := framing.Binary2{}.Read(bufio.NewReader(conn), 100)
	if err != nil {
		return "no answer"
	}
	return string(body)
}

// The same host without a socket. In a testing/synctest bubble the hour that it
// takes to answer passes in no time.
func ExampleNewPipePeer() {
	host := linktest.NewPipePeer(linktest.PeerConfig{
		Framing: framing.Binary2{},
		Handle:  linktest.Steps(linktest.Reply(), linktest.Delay(time.Hour, linktest.Reply())),
	})
	defer host.Close()
	fmt.Println(ask(linktest.NewOracle(host.Dial), "A"))
	// Output: 0210A
}

// A step is a function of the test's own, or made of others.
func ExampleStep() {
	declineThenClose := linktest.All(
		func(c *linktest.Conn, f linktest.Frame) error {
			return c.WriteFrame(linktest.Frame{Header: f.Header, Body: []byte("0210" + "05")})
		},
		linktest.CloseConn(),
	)
	host := linktest.NewPeer(linktest.PeerConfig{
		Framing: framing.Binary2{},
		Handle:  linktest.StepsThen(declineThenClose, linktest.Reply()),
	})
	defer host.Close()
	oracle := linktest.NewOracle(host.Dial)
	fmt.Println(ask(oracle, "A"), ask(oracle, "B"))
	// Output: 0210A 021005
}
