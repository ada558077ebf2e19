// Package linktest is to ISO 8583 links over TCP what net/http/httptest is to
// HTTP: scripted hosts to connect to, a record of what they saw, and a witness
// of what was handed to the kernel.
//
//	seen := linktest.NewRecorder(func(f linktest.Frame) string { return string(f.Body[20:32]) })
//	host := linktest.NewPeer(linktest.PeerConfig{
//		Framing:  framing.Binary2{},
//		Recorder: seen,
//		Handle:   linktest.Steps(linktest.Reply(), linktest.ResetConn()),
//	})
//	defer host.Close()
//	oracle := linktest.NewOracle(host.Dial)
//
//	conn, err := oracle.Dial(ctx, "tcp", host.Addr()) // or the link under test does
//
// The first request is answered, the second one resets the connection, all
// later ones, on whatever connection, are answered again.
//
// # A host
//
// A [Peer] listens on 127.0.0.1, reads frames and gives each to its [Step]: a
// function that answers, waits, writes garbage, resets, or calls other steps.
// [Steps] makes a script of a list of them. Where frames are not the right
// grain, PeerConfig.Script has the [Conn] to itself, and PeerConfig.OnAccept
// comes before the first byte, a TLS handshake's included.
//
// A [Responder] makes a response out of a request: [Respond] by changing one
// digit of its message type, [NewUnpackingResponder] by the message's
// specification, with a digest that proves which request a response belongs
// to.
//
// # What happened
//
// A [Recorder] is the host's log: what it received, and what it answered,
// written down before the answer is sent. An [Oracle] stands on the other side
// of the connection, between the code under test and its socket, and knows
// which frames were handed to the kernel wholly, in part, or not at all. From
// the two a test computes what must have come out, without asking the code
// under test. The oracle also makes writes fail, fall short or block at a given
// byte.
//
// # Fake time
//
// A goroutine that waits for a socket keeps the clock of a testing/synctest
// bubble from advancing. [NewPipePeer] is the same scripted host on net.Pipe,
// and [Pipe] serves any other handler.
//
// # Bounds
//
// Nothing here needs a *testing.T. Constructors panic when they are misused or
// when no port can be had, as httptest.NewServer does. Close leaves neither
// goroutine nor socket behind. A recorder and an oracle keep all that they see:
// they are for tests of up to some hundred thousand messages.
package linktest
