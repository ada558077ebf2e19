package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// place is where the ends of one test meet.
type place struct {
	ctx              context.Context
	framed           framed
	secure           bool
	atHost, atClient *desk
}

// newPlace is one for some minutes.
func newPlace(t *testing.T, f framed, secure bool) *place {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	return &place{ctx: ctx, framed: f, secure: secure, atHost: newDesk(t, "host"), atClient: newDesk(t, "client")}
}

// end is one end of a connection, of whichever library it is.
type end interface {
	// exchange sends a request and returns its response; the context's deadline is
	// the request's.
	exchange(context.Context, *iso8583.Message) (*iso8583.Message, error)
	// tell sends a message that gets no response.
	tell(context.Context, *iso8583.Message) error
	// isUnanswered judges the error of a request that was not answered, and reports
	// whether its time was over before it was sent.
	isUnanswered(*testing.T, error) (unsent bool)
	// isLeft waits for the end of the connection, and judges that the other side has
	// closed it, in order.
	isLeft(*testing.T)
}

// clientSide is the end that connects.
type clientSide interface {
	end
	close(*testing.T)
	// isClosed judges the error of a request on a closed client.
	isClosed(*testing.T, error)
}

// hostSide is connected to.
type hostSide interface {
	address() string
	// accepted is the host's end of the next connection.
	accepted(*testing.T) end
	close(*testing.T)
}

// desk is what an end does with the requests of the other: it answers with the
// request's own fields, from field 11 900000 on not at all, and a notification
// (0820) neither.
type desk struct {
	t       *testing.T
	name    string
	before  atomic.Pointer[func(stan string)] // is called before it answers; nil: nothing
	ignored chan string                       // the STANs of requests that it did not answer
	notices chan string                       // and of notifications
}

func newDesk(t *testing.T, name string) *desk {
	return &desk{t: t, name: name, ignored: make(chan string, 10), notices: make(chan string, 1_000)}
}

// handle gets each request in a goroutine of its own.
func (d *desk) handle(m *iso8583.Message, reply func(*iso8583.Message) error) {
	mti, err := m.GetMTI()
	assert.NoError(d.t, err)
	stan, err := m.GetString(11)
	assert.NoError(d.t, err)
	switch {
	case mti == "0820":
		d.notices <- stan
		return
	case !assert.Equal(d.t, "0800", mti, "at the %s: the answer to a request has gone astray", d.name):
		return
	case stan >= "900000":
		d.ignored <- stan
		return
	}
	if before := d.before.Load(); before != nil {
		(*before)(stan)
	}
	m.MTI("0810")
	assert.NoError(d.t, reply(m), "at the %s", d.name)
}

// echo is a network management message, which says in field 37 whose it is.
func echo(t *testing.T, mti, who, stan string) *iso8583.Message {
	t.Helper()
	m := iso8583.NewMessage(sample.Spec)
	m.MTI(mti)
	assert.NoError(t, m.Field(11, stan))
	assert.NoError(t, m.Field(37, mark(who, stan)))
	return m
}

func mark(who, stan string) string { return fmt.Sprintf("%-6s%s", who, stan) }
