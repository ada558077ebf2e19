package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata"
)

// logged is a line of the host's log, as it is handed to the link's process.
type logged struct {
	ID      string    `json:"id"`
	Conn    int       `json:"conn"`
	Replied bool      `json:"replied"`
	At      time.Time `json:"at"`
}

// host answers requests until its input ends. It prints its address first, and its log
// for every line of input.
type host struct {
	peer    *linktest.Peer
	respond linktest.Responder

	mu     sync.Mutex
	newest *linktest.Conn // of those that a request came on: its sign-on is over
	newer  chan struct{}  // closed when there is another newest one
}

// patient is how long an answer waits for a connection that takes it.
const patient = 10 * time.Second

func serve(o options, stdin io.Reader, stdout io.Writer) error {
	h := &host{
		respond: linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: spec, DigestField: digestField}),
		newer:   make(chan struct{}),
	}
	log := linktest.NewRecorder(identify)
	config := linktest.PeerConfig{Framing: framing.Binary2{}, Addr: o.addr, Recorder: log}
	if o.handover {
		config.Handle = h.handOver
	} else {
		config.Handle = linktest.ReplyWith(h.respond)
	}
	if o.secure {
		cert, err := testdata.KeyPair("server")
		if err != nil {
			return err
		}
		config.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	}
	h.peer = linktest.NewPeer(config)
	defer h.peer.Close()
	if _, err := fmt.Fprintln(stdout, h.peer.Addr()); err != nil {
		return err
	}
	commands := bufio.NewScanner(stdin)
	for commands.Scan() {
		if err := json.NewEncoder(stdout).Encode(linesOf(log.All())); err != nil {
			return err
		}
	}
	return commands.Err()
}

// linesOf leaves out network management, which has no identifier.
func linesOf(all []linktest.Entry) []logged {
	lines := []logged{}
	for _, e := range all {
		if e.ID != "" {
			lines = append(lines, logged{e.ID, e.Conn, e.Kind == linktest.Replied, e.At})
		}
	}
	return lines
}

// handOver answers a request on its own connection, or on a later one where that takes
// no answers any more, as hosts with queues do.
func (h *host) handOver(c *linktest.Conn, f linktest.Frame) error {
	response, err := h.respond(f)
	if errors.Is(err, linktest.ErrNoReply) {
		return nil
	}
	if err != nil {
		return err
	}
	isManagement := identify(f) == ""
	if !isManagement {
		h.seen(c)
	}
	err = c.WriteFrame(response)
	if err == nil || isManagement {
		return err
	}
	return linktest.Async(func(c *linktest.Conn, _ linktest.Frame) error {
		h.answerLater(c, response)
		return nil
	})(c, f)
}

// seen notes that a request came on a connection.
func (h *host) seen(c *linktest.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.newest == nil || c.Number() > h.newest.Number() {
		h.newest = c
		close(h.newer)
		h.newer = make(chan struct{})
	}
}

// answerLater tries each newer connection, until one takes the response or none comes.
func (h *host) answerLater(c *linktest.Conn, response linktest.Frame) {
	late := time.NewTimer(patient)
	defer late.Stop()
	for {
		h.mu.Lock()
		newest, newer := h.newest, h.newer
		h.mu.Unlock()
		if newest.Number() > c.Number() {
			c = newest
			if c.WriteFrame(response) == nil {
				return
			}
			continue
		}
		select {
		case <-newer:
		case <-late.C:
			return
		}
	}
}
