package linktest

import (
	"context"
	"net"
	"sync"
	"time"
)

// DialFunc connects; net.Dialer.DialContext is one.
type DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// Oracle stands between the code under test and its connections, and writes
// down what each Write handed to the kernel and what each Read got. From that a
// test knows which messages the other end may have seen, whatever the code
// under test believes. It can also make writes fail, fall short or block.
//
// It must see the messages in the clear. Over TLS it goes around the tls.Conn,
// as in NewOracle((&tls.Dialer{Config: config}).DialContext), and the code
// under test is given no TLS.
type Oracle struct {
	dial DialFunc

	mu     sync.Mutex
	conns  []*OracleConn
	faults []fault
}

// NewOracle returns an oracle for connections made by dial, or by a net.Dialer
// when it is nil.
func NewOracle(dial DialFunc) *Oracle {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &Oracle{dial: dial}
}

// Dial connects with the oracle's dial function, returns its error, and
// otherwise an *OracleConn.
func (o *Oracle) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := o.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return o.Wrap(conn), nil
}

// Wrap puts a connection under observation and gives it the next number, from
// 1. Nothing may have been written to it, and nothing may be written to it past
// the oracle.
func (o *Oracle) Wrap(conn net.Conn) *OracleConn {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := &OracleConn{Conn: conn, oracle: o, number: len(o.conns) + 1}
	o.conns = append(o.conns, c)
	return c
}

// Conns returns all connections that the oracle has seen, by number.
func (o *Oracle) Conns() []*OracleConn {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]*OracleConn(nil), o.conns...)
}

// WriteRecord is one call of Write.
type WriteRecord struct {
	// Conn is the connection's number.
	Conn int
	// From and To are the offsets in the connection's stream, in bytes, between
	// which the call's bytes were handed over; To-From is the n that it
	// returned. A test must expect the other end to know every byte below To.
	From, To int64
	// Asked is how many bytes the call was given.
	Asked int
	// Err is what it returned.
	Err error
	// Pending says that the call has not returned. Bytes beyond To may then be
	// on their way as well.
	Pending bool
	// Start and End are when the call began and returned.
	Start, End time.Time
}

// ReadRecord is one call of Read that returned.
type ReadRecord struct {
	// Conn is the connection's number.
	Conn int
	// From and To are the offsets in the stream of what was read, in bytes;
	// To-From is the n that the call returned.
	From, To int64
	// Err is what it returned.
	Err error
	// At is when it returned.
	At time.Time
}

// Writes returns a copy of the records of all calls of Write, by connection,
// and within one in the order of the stream.
func (o *Oracle) Writes() []WriteRecord {
	var all []WriteRecord
	for _, c := range o.Conns() {
		all = append(all, c.Writes()...)
	}
	return all
}

// Reads returns a copy of the records of all calls of Read, by connection, and
// within one in the order of the stream.
func (o *Oracle) Reads() []ReadRecord {
	var all []ReadRecord
	for _, c := range o.Conns() {
		all = append(all, c.Reads()...)
	}
	return all
}
