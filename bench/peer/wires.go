package main

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/check"
)

// wires are about the bytes that are written, and the texts that are logged.
var wires = []scenario{
	{"what is written of a message", writes},
	{"a message longer than its length field", tooLong},
	{"a card number in what cannot be read", cardNumber},
}

func writes(s *stage) (string, []check.Line, error) {
	const n = 200
	host := s.host(linktest.PeerConfig{})
	oracle := linktest.NewOracle(nil)
	c, err := s.client(setup{addr: host.Addr(), oracle: oracle})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, n, patience)
	if err != nil {
		return "", nil, err
	}
	calls = await(calls, patience)
	frames, err := oracle.Frames(framing.Binary2{})
	if err != nil {
		return "", nil, err
	}
	begins := make(map[int64]bool)
	for _, f := range frames {
		begins[f.From] = true
	}
	within := 0
	for _, w := range oracle.Writes() {
		if !begins[w.From] {
			within++
		}
	}
	each := float64(len(oracle.Writes())) / n
	return fmt.Sprintf("%.2f writes a message, %d of them begin within one", each, within), []check.Line{
		check.Exactly("answered", s.count(calls, itsOwn), n),
		check.AtMost("writes a message", each, 1),
		check.None("that begin within one", within),
	}, nil
}

// longField can hold more than two bytes of BCD can say: 9,999.
const longField = 62

func longSpec() *iso8583.MessageSpec {
	spec := &iso8583.MessageSpec{Name: "with a long field", Fields: maps.Clone(sample.Spec.Fields)}
	spec.Fields[longField] = field.NewString(&field.Spec{Length: 50_000, Enc: encoding.ASCII, Pref: prefix.ASCII.LLLLL})
	return spec
}

func tooLong(s *stage) (string, []check.Line, error) {
	const n = 20
	timeout := s.times * 500 * time.Millisecond
	release := make(chan struct{})
	log := linktest.NewRecorder(identify)
	host := s.host(linktest.PeerConfig{
		Framing: framing.BCD2{}, Recorder: log, Handle: linktest.Async(linktest.Hold(release, linktest.Reply())),
	})
	spec := longSpec()
	c, err := s.client(setup{addr: host.Addr(), spec: spec, bcd: true})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, n, timeout)
	if err != nil {
		return "", nil, err
	}
	s.eventually(func() bool { return log.Total() == n })
	m := iso8583.NewMessage(spec)
	m.MTI("0200")
	for id, value := range map[int]string{11: fmt.Sprintf("%06d", n+1), 37: identifier(n + 1), longField: strings.Repeat("9", 12_345)} {
		if err := m.Field(id, value); err != nil {
			return "", nil, err
		}
	}
	long := &call{id: identifier(n + 1), done: make(chan struct{})}
	go long.make(c, m, timeout)
	await([]*call{long}, timeout/5)
	close(release)
	longs, calls := await([]*call{long}, timeout+s.slack), await(calls, timeout+s.slack)
	next, err := start(c, n+2, 1, timeout)
	if err != nil {
		return "", nil, err
	}
	next = await(next, timeout+s.slack)
	return fmt.Sprintf("the long one: %s; those in flight: %s; the next one: %s", s.outcomes(1, longs), s.outcomes(n, calls), s.outcomes(1, next)),
		[]check.Line{
			check.Exactly("the long one not sent", s.count(longs, notSent), 1),
			check.Exactly("those in flight answered", s.count(calls, itsOwn), n),
			check.Exactly("the next one answered", s.count(next, itsOwn), 1),
		}, nil
}

// cardNumber looks for a card number in every text that a client hands out.
func cardNumber(s *stage) (string, []check.Line, error) {
	const timeout = 100 * time.Millisecond
	pan := sample.Eighteen.Text(2)
	spoiled := func(spoil func([]byte) []byte) linktest.Step {
		return linktest.ReplyWith(func(request linktest.Frame) (linktest.Frame, error) {
			f, err := linktest.Respond(request)
			f.Body = spoil(f.Body)
			return f, err
		})
	}
	host := s.host(linktest.PeerConfig{Handle: linktest.Steps(
		spoiled(func(b []byte) []byte { return b[:len(b)-3] }),               // too short
		spoiled(func(b []byte) []byte { b[12], b[13] = '4', '1'; return b }), // a length of 41
		spoiled(func(b []byte) []byte { b[12] = 'x'; return b }),             // no length
		spoiled(func(b []byte) []byte { return append([]byte("02xx"), b[4:]...) }),
		spoiled(func(b []byte) []byte { return append(b, pan...) }), // more behind it
	)})
	var texts journal[string]
	c, err := s.client(setup{addr: host.Addr(), told: texts.add})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, 5, timeout)
	if err != nil {
		return "", nil, err
	}
	calls = await(calls, patience)
	m, err := message("0200", 6, identifier(6))
	if err != nil {
		return "", nil, err
	}
	if err := m.Field(2, pan+pan); err != nil { // it cannot be packed
		return "", nil, err
	}
	bad := &call{id: identifier(6), done: make(chan struct{})}
	go bad.make(c, m, timeout)
	calls = append(calls, await([]*call{bad}, patience)...)
	for _, call := range calls {
		if call.err != nil {
			texts.add(fmt.Sprintf("%v %+v", call.err, call.err))
		}
	}
	found := 0
	for _, text := range texts.list() {
		if strings.Contains(text, pan) {
			found++
		}
	}
	return fmt.Sprintf("it is in %d of %d texts", found, len(texts.list())), []check.Line{
		check.None("texts with it", found),
		check.AtLeast("texts", len(texts.list()), 5),
	}, nil
}
