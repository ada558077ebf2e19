package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

const mib = 1 << 20

// someHeap is what any scenario may take: its own connections, and garbage of the
// others that was alive by chance.
const someHeap = 6 * mib

// floodHeap is what a flood may take beside: what waits in its sessions, and what is
// made while a collection runs, which counts as alive until the next.
const floodHeap = 32 * mib

var errUnmatched = errors.New("nobody waits for it")

// clientScenarios are clients that misbehave at a plain acceptor.
func clientScenarios() []scenario {
	half := wire(request("0200", 1, 200))
	length := binary.BigEndian.AppendUint16(nil, maxFrame)
	return []scenario{
		{
			name: "slow-header", refuses: true, rate: "80 connections, one byte a second of a length of four", limit: "FirstTimeout", within: firstTimeout,
			least: held, ends: held, error: "ErrHandshake, deadline", told: isSlowFirst, heap: someHeap,
			make: holds(long, false, holding{first: []byte{0}, drip: 0, every: time.Second, quiet: true}),
		},
		{
			name: "slow-body", refuses: true, rate: "80 connections, one byte a second of a first message", limit: "FirstTimeout", within: firstTimeout,
			least: held, ends: held, error: "ErrHandshake, deadline", told: isSlowFirst, heap: someHeap,
			make: holds(plain, false, holding{first: half[:10], drip: '0', every: time.Second, quiet: true}),
		},
		{
			name: "slow-session", rate: "80 sessions, one byte a second of a message", limit: "Echo", within: silence,
			least: held, ends: held, error: "ErrNoEcho", told: ends(messages.ErrNoEcho), heap: someHeap,
			make: holds(plain, true, holding{first: half[:10], drip: '0', every: time.Second}),
		},
		{
			name: "header-only", rate: "80 sessions, the length of MaxFrame, then nothing", limit: "Echo", within: silence,
			least: held, ends: held, error: "ErrNoEcho", told: ends(messages.ErrNoEcho), heap: someHeap + held*maxFrame,
			make: holds(plain, true, holding{first: length}),
		},
		{
			name: "length-ffff", refuses: true, rate: "80 connections, 0000FFFF, then nothing", limit: "FirstTimeout", within: firstTimeout,
			least: held, ends: held, error: "ErrHandshake, deadline", told: isSlowFirst, heap: someHeap + held<<16,
			make: holds(long, false, holding{first: []byte{0, 0, 0xFF, 0xFF}, quiet: true}),
		},
		{
			name: "length-99999999", refuses: true, rate: "80 connections, the length 99999999, then nothing", limit: "MaxFrame", within: time.Second,
			least: held, ends: held, error: "framing.ErrTooLarge", told: isTooLarge, heap: someHeap,
			make: holds(long, false, holding{first: binary.BigEndian.AppendUint32(nil, 99_999_999), quiet: true}),
		},
		{
			name: "never-reads", rate: "4 sessions, requests of 8 KiB as fast as they are taken", limit: "WriteTimeout", within: writeTimeout,
			least: 4, ends: 4, error: "os.ErrDeadlineExceeded", told: isStall, heap: someHeap + 4*4*maxInbound*(8<<10),
			make: neverRead,
		},
		{
			name: "unasked", rate: "4 sessions, responses that nobody asked for, as fast as they are taken", limit: "MaxEvents",
			least: 10_000, error: "Unmatched", told: refused(errUnmatched), heap: someHeap + floodHeap,
			make: floods(4, 100, repeated(100, "0210"), true),
		},
		{
			name: "keep-alives", rate: "80 sessions, 1,000 keep-alives at once", limit: "MaxKeepAlives", within: time.Second,
			least: held, ends: held, error: "ErrKeepAliveFlood", told: ends(messages.ErrKeepAliveFlood), heap: someHeap,
			make: holds(plain, true, holding{first: make([]byte, 2_000)}),
		},
		{
			name: "echoes", rate: "4 sessions, 0800 as fast as they are taken", limit: "MaxInbound",
			least: 10_000, error: "ErrOverloaded", told: refused(messages.ErrOverloaded), heap: someHeap + floodHeap,
			make: floods(4, 1_000, repeated(1_000, "0800"), true),
		},
		{
			name: "connects", refuses: true, rate: "100 connections that stay, others as fast as they are made", limit: "MaxPerAddr",
			least: 2 * maxPerAddr, error: "ErrAddrLimit", told: refused(messages.ErrAddrLimit), heap: someHeap,
			make: connectFlood,
		},
		{
			name: "frame-sizes", rate: "20 sessions, frames of MaxFrame - 1, MaxFrame, MaxFrame + 1", limit: "MaxFrame", within: time.Second,
			least: 20, ends: 20, error: "framing.ErrTooLarge", told: isTooLarge, heap: someHeap + 20*8*maxFrame,
			make: frameSizes,
		},
		{
			name: "denied", refuses: true, rate: "80 connections of an address in Deny", limit: "Deny", within: time.Second,
			least: held, ends: held, error: "ErrDenied", told: refused(messages.ErrDenied), heap: someHeap,
			make: turnedAway(held, deniedAddr),
		},
		{
			name: "unknown", refuses: true, rate: "80 connections that PeerName refuses", limit: "PeerName", within: time.Second,
			least: held, ends: held, error: "ErrUnknownPeer", told: refused(messages.ErrUnknownPeer), heap: someHeap,
			make: turnedAway(held, unknownAddr),
		},
	}
}

// refused is told of that cause.
func refused(want error) func(cause, err error) bool {
	return func(cause, _ error) bool { return cause == want }
}

// ends are of sessions, with that reason.
func ends(want error) func(cause, err error) bool {
	return func(cause, err error) bool { return cause == nil && errors.Is(err, want) }
}

func isSlowFirst(cause, err error) bool {
	return cause == messages.ErrHandshake && errors.Is(err, os.ErrDeadlineExceeded)
}

func isTooLarge(_, err error) bool {
	var own *framing.Error
	return errors.As(err, &own) && errors.Is(own, framing.ErrTooLarge)
}

// isStall is the end of a session whose peer takes nothing: by this end's clock, or by
// the kernel's, which may be faster.
func isStall(cause, err error) bool {
	return cause == nil && (errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT))
}

// neverRead makes sessions that ask and take no answer, until they are cut off.
func neverRead(ctx context.Context, w *world) *attack {
	a := new(attack)
	of(4, func(i int) {
		conn, err := dialFrom(ctx, badAddr, plain(w))
		if err != nil {
			a.failed(err)
			return
		}
		defer conn.Close()
		if err := errors.Join(firstExchange(conn, uint32(i+1)), conn.(*net.TCPConn).SetReadBuffer(4<<10)); err != nil {
			a.failed(err)
			return
		}
		a.begun(1)
		begin := time.Now()
		for stan := uint32(1); ; stan++ {
			_, err := conn.Write(wire(request("0200", stan%900_000, 8<<10)))
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded):
				a.failed(wrongEnd(err))
				return
			case err != nil:
				a.over(time.Since(begin))
				return
			}
		}
	})
	return a
}

// connectFlood takes all places of an address, and goes on.
func connectFlood(ctx context.Context, w *world) *attack {
	a := new(attack)
	for range maxPerAddr {
		conn, err := dialFrom(ctx, badAddr, long(w))
		if err != nil {
			a.failed(err)
			continue
		}
		defer conn.Close()
	}
	until := time.Now().Add(min(w.flood, firstTimeout-firstTimeout/4)) // while they have them
	of(4, func(int) {
		for time.Now().Before(until) {
			conn, err := dialFrom(ctx, badAddr, long(w))
			if err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
			a.begun(1) // with an error, it was reset while it connected
		}
	})
	return a
}

// frameSizes wants an answer to frames up to MaxFrame, and an end for one above.
func frameSizes(ctx context.Context, w *world) *attack {
	a := new(attack)
	of(20, func(i int) {
		conn, err := dialFrom(ctx, badAddr, plain(w))
		if err != nil {
			a.failed(err)
			return
		}
		defer conn.Close()
		for k, size := range []int{maxFrame - 1, maxFrame} {
			body := request("0200", uint32(10*i+k+1), size)
			a.failed(exchange(conn, body))
		}
		holding{first: wire(request("0200", uint32(10*i+9), maxFrame+1)), quiet: true}.hold(a, conn)
	})
	return a
}

// exchange wants the request back, as a response.
func exchange(conn net.Conn, body []byte) error {
	if _, err := conn.Write(wire(body)); err != nil {
		return err
	}
	_, reply, err := framing.Binary2{}.Read(bufio.NewReader(conn), maxFrame)
	if err != nil {
		return err
	}
	if sample.Answer(body); string(body) != string(reply) {
		return fmt.Errorf("%w: a frame of %d bytes", sample.ErrMismatch, len(body))
	}
	return nil
}

// turnedAway are clients of an address that is not let in. They say something, since
// some are looked at before.
func turnedAway(n int, from string) func(context.Context, *world) *attack {
	return func(ctx context.Context, w *world) *attack {
		a := new(attack)
		of(n, func(i int) {
			begin := time.Now()
			conn, err := dialFrom(ctx, from, plain(w))
			if err != nil { // reset while it connected
				a.begun(1)
				a.over(time.Since(begin))
				if !errors.Is(err, syscall.ECONNRESET) && !strings.Contains(err.Error(), "connection reset") {
					a.failed(err)
				}
				return
			}
			defer conn.Close()
			holding{first: wire(request("0200", uint32(i+1), 0)), quiet: true}.hold(a, conn)
		})
		return a
	}
}
