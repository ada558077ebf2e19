package main

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// spec is ISO 8583:1987, all of it.
var spec = iso8583.Spec87

const (
	idField     = 37
	digestField = 48 // of answers: the digest of their request
	// padding makes requests long: what the kernel takes of a dead connection is then
	// few of them, and the others wait in the link.
	paddingField  = 62
	paddingLength = 900
)

// request is the packed request number n, from 1, and its identifier.
func request(n int) (id string, frame []byte, err error) {
	id = fmt.Sprintf("%012d", n)
	m := iso8583.NewMessage(spec)
	m.MTI("0200")
	for field, value := range map[int]string{
		11: fmt.Sprintf("%06d", n%1_000_000), idField: id, paddingField: strings.Repeat("x", paddingLength),
	} {
		if err := m.Field(field, value); err != nil {
			return "", nil, err
		}
	}
	frame, err = messages.Pack(m)
	return id, frame, err
}

// isAnswer reports whether a packed message is the answer to the request with that
// identifier and that digest.
func isAnswer(frame []byte, id, digest string) bool {
	m, err := messages.Unpack(spec, frame)
	if err != nil {
		return false
	}
	mti, err := m.GetMTI()
	if err != nil || mti != "0210" {
		return false
	}
	gotID, err := m.GetString(idField)
	if err != nil || gotID != id {
		return false
	}
	got, err := m.GetString(digestField)
	return err == nil && got == digest
}

// identify is for the recorder of the host, and late replies.
var identify = linktest.IDFromField(spec, idField)

// exchanges are the sign-on and the echo of a link.
func exchanges() (signOn, echo supervisor.NetworkManagement) {
	var stan atomic.Int64
	fill := func(m *iso8583.Message) error { return m.Field(11, fmt.Sprintf("%06d", stan.Add(1)%1_000_000)) }
	network := messages.ISO87
	signOn = supervisor.NetworkManagement{Build: network.Builder(spec, network.SignOn, fill), Check: network.Check, Timeout: signOnTimeout}
	echo = supervisor.NetworkManagement{Build: network.Builder(spec, network.Echo, fill), Check: network.Check}
	return signOn, echo
}
