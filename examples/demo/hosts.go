package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
)

// hostInbound is how many requests may wait at a host: more than the senders can
// have under way, so that none is dropped, whatever the host does.
const hostInbound = 1 << 14

// startHost starts the host of the link with that index.
func (d *demo) startHost(index int, config *tls.Config, logger *slog.Logger) error {
	host, err := issuer.Listen(issuer.Config{
		Name: fmt.Sprintf("host-%d", index+1), Addr: "127.0.0.1:0", Framing: framing.Binary2{}, TLS: config,
		MaxInbound: hostInbound, Ledger: d.ledger.of(index), Timeout: sendTimeout, Logger: logger,
		Treat: func(reference string) issuer.Treatment { return issuer.Treat(d.options.seed, reference) },
	})
	if err == nil {
		d.hosts = append(d.hosts, host)
	}
	return err
}

// closeHosts ends all hosts. What they have in hand, they finish until ctx ends.
func (d *demo) closeHosts(ctx context.Context) error {
	var faults []error
	for _, h := range d.hosts {
		faults = append(faults, h.Close(ctx))
	}
	return errors.Join(faults...)
}

// hostReport is what a host says of itself when the run is over.
type hostReport struct {
	faults     map[issuer.Kind]uint64
	halfClosed []int // numbers of connections
	counters   supervisor.Counters
}

func (d *demo) hostReports() []hostReport {
	var all []hostReport
	for _, h := range d.hosts {
		r := hostReport{
			faults: make(map[issuer.Kind]uint64), halfClosed: h.HalfClosed(), counters: h.Status().Counters,
		}
		for _, k := range issuer.Kinds() {
			r.faults[k] = h.Faults(k)
		}
		all = append(all, r)
	}
	return all
}

// halfClosed are the connections that the hosts have half-closed, as
// (host, number of the connection).
func halfClosed(reports []hostReport) map[[2]int]bool {
	all := make(map[[2]int]bool)
	for host, r := range reports {
		for _, conn := range r.halfClosed {
			all[[2]int{host, conn}] = true
		}
	}
	return all
}

// differingHosts counts the hosts whose acceptor has not handled as many
// requests, or sent as many replies, as are in the ledger.
func differingHosts(entries []entry, reports []hostReport) (n int) {
	requests, replies := make([]uint64, len(reports)), make([]uint64, len(reports))
	for _, e := range entries {
		switch e.Stage {
		case issuer.Received:
			requests[e.host]++
		case issuer.Replied:
			replies[e.host]++
		case issuer.Replying:
		}
	}
	for host, r := range reports {
		// A request's second reply, and a late one, are posts.
		if r.counters.Requests != requests[host] || r.counters.Replied+r.counters.Posted != replies[host] {
			n++
		}
	}
	return n
}

// unhandled counts the requests that came to a host's acceptor, and were not
// handled as they should be.
func unhandled(reports []hostReport) (n int) {
	for _, r := range reports {
		n += int(r.counters.Overloaded + r.counters.Expired + r.counters.Panics)
	}
	return n
}
