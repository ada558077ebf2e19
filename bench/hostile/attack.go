package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
)

// dialFrom connects from an address of this machine.
func dialFrom(ctx context.Context, from string, to net.Addr) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	return conn, err
}

// wire is a body as it is on the stream.
func wire(body []byte) []byte {
	all, err := framing.Binary2{}.Append(nil, nil, body)
	if err != nil {
		panic(err) // none is longer than two bytes can say
	}
	return all
}

// request is a message with that MTI and STAN, padded to size bytes; 0 is its own size.
// What is behind the fields that a bitmap announces is not looked at.
func request(mti string, stan uint32, size int) []byte {
	body := sample.Two.AppendBody(nil, stan)
	copy(body, mti)
	for len(body) < size {
		body = append(body, '.')
	}
	return body
}

// firstExchange makes an exchange on a new connection: it is a session then.
func firstExchange(conn net.Conn, stan uint32) error {
	body := request("0200", stan, 0)
	if _, err := conn.Write(wire(body)); err != nil {
		return err
	}
	_, reply, err := framing.Binary2{}.Read(bufio.NewReaderSize(conn, 64), maxFrame)
	if err != nil {
		return err
	}
	return sample.Two.Verify(reply, stan)
}

// holding is a connection that is kept open: after so much it says a byte now and then,
// or nothing, and reads what comes.
type holding struct {
	first []byte // at once
	drip  byte   // then, each time
	every time.Duration
	quiet bool // nothing must come from the other end
}

// hold makes it on a connection, and waits for its end.
func (h holding) hold(a *attack, conn net.Conn) {
	begin := time.Now()
	a.begun(1)
	ended := make(chan struct{})
	if h.every > 0 {
		go func() {
			tick := time.NewTicker(h.every)
			defer tick.Stop()
			for {
				select {
				case <-ended:
					return
				case <-tick.C:
					_, _ = conn.Write([]byte{h.drip}) // the reader sees the end
				}
			}
		}()
	}
	_, _ = conn.Write(h.first)
	n, err := io.Copy(io.Discard, conn)
	close(ended)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		a.failed(wrongEnd(err))
		return
	}
	a.over(time.Since(begin))
	if h.quiet && n > 0 {
		a.failed(fmt.Errorf("%d bytes came", n))
	}
}

// held is how many connections misbehave at once, where nothing else is said.
const held = 80

// holds makes so many of them at once, on sessions that have been used, or on new
// connections.
func holds(to func(*world) net.Addr, sessions bool, h holding) func(context.Context, *world) *attack {
	return func(ctx context.Context, w *world) *attack {
		a := new(attack)
		of(held, func(i int) {
			conn, err := dialFrom(ctx, badAddr, to(w))
			if err != nil {
				a.failed(err)
				return
			}
			defer conn.Close()
			if sessions {
				if err := firstExchange(conn, uint32(i+1)); err != nil {
					a.failed(err)
					return
				}
			}
			h.hold(a, conn)
		})
		return a
	}
}

// floods writes the same bytes again and again, in so many sessions, for the time that
// a flood lasts; what comes is read, or not.
func floods(n, messages int, bytes func(i int) []byte, reads bool) func(context.Context, *world) *attack {
	return func(ctx context.Context, w *world) *attack {
		a := &attack{least: w.least}
		of(n, func(i int) {
			conn, err := dialFrom(ctx, badAddr, plain(w))
			if err != nil {
				a.failed(err)
				return
			}
			defer conn.Close()
			if err := firstExchange(conn, uint32(i+1)); err != nil {
				a.failed(err)
				return
			}
			if reads {
				go func() { _, _ = io.Copy(io.Discard, conn) }()
			}
			all := bytes(i)
			for until := time.Now().Add(w.flood); a.goesOn(ctx, until); {
				if _, err := conn.Write(all); err != nil {
					a.failed(fmt.Errorf("it was ended: %w", err))
					return
				}
				a.begun(messages)
			}
		})
		return a
	}
}

func plain(w *world) net.Addr  { return w.plain.Addr() }
func secure(w *world) net.Addr { return w.secure.Addr() }
func long(w *world) net.Addr   { return w.long.Addr() }

// repeated is the same frames, each with another STAN.
func repeated(n int, mti string) func(int) []byte {
	return func(i int) []byte {
		var all []byte
		for k := range n {
			all = append(all, wire(request(mti, uint32(900_000+(i*n+k)%90_000), 0))...)
		}
		return all
	}
}
