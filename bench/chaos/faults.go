package main

import (
	"maps"
	"sync"
)

// fault is something that a host, or a proxy, does.
type fault string

// Those of the proxies are named as toxiproxy's toxics are.
const (
	latency   fault = "latency"
	bandwidth fault = "bandwidth"
	slicer    fault = "slicer"
	resetPeer fault = "reset_peer"
	limitData fault = "limit_data"
	timeout   fault = "timeout"
	slowClose fault = "slow_close"
	silence   fault = "silent connection" // the toxic timeout without an end
	proxyDown fault = "proxy down"
)

// Those of a host that are done to a connection.
const (
	garbage       fault = "garbage bytes"
	wrongLength   fault = "wrong length"
	halfClose     fault = "half-close behind answers"
	keepAlives    fault = "flood of keep-alives"
	oldSocket     fault = "old socket kept"
	signOnRefused fault = "sign-on refused"
	tlsAlert      fault = "TLS alert"
	tlsExpired    fault = "expired certificate"
	sessionClosed fault = "session closed by the host"
)

// Those of a host that are done to a request.
const (
	otherOrder   fault = "answers in another order"
	duplicate    fault = "duplicate answer"
	lateAnswer   fault = "late answer"
	laterSession fault = "late answer, in another session"
	onSibling    fault = "answer on a sibling link"
	noAnswer     fault = "no answer"
	reject       fault = "reject"
	neverAsked   fault = "answer never asked for"
	wrongID      fault = "answer with another's id"
	sameSTAN     fault = "request of the host, same STAN"
)

// Those of this end.
const (
	repeated  fault = "repeat of one in doubt"
	restarted fault = "link restarted by its operator"
	paused    fault = "link paused by its operator"
)

// tally counts how often each fault came.
type tally struct {
	mu sync.Mutex
	of map[fault]int
}

func newTally() *tally { return &tally{of: make(map[fault]int)} }

func (t *tally) came(f fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[f]++
}

func (t *tally) all() map[fault]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.of)
}
