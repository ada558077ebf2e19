package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"
	connection "github.com/moov-io/iso8583-connection"
	"github.com/moov-io/iso8583/network"
)

var moov = side{
	name: "moov-io/iso8583-connection",
	open: func(set setup) (client, error) {
		if set.reconnect > 0 {
			return openPool(set)
		}
		return openConnection(set)
	},
	outcome: func(err error) string { return err.Error() },
}

// moovClient is one connection: what it has failed once, it is for good.
type moovClient struct{ conn *connection.Connection }

func openConnection(set setup) (client, error) {
	options := optionsOf(set)
	if set.oracle != nil {
		raw, err := set.oracle.Dial(context.Background(), "tcp", set.addr)
		if err != nil {
			return nil, err
		}
		conn, err := connection.NewFrom(raw, set.spec, readLength(set), writeLength(set), options...)
		return moovClient{conn}, err
	}
	conn, err := connection.New(set.addr, set.spec, readLength(set), writeLength(set), options...)
	if err != nil {
		return nil, err
	}
	return moovClient{conn}, conn.Connect()
}

func (c moovClient) exchange(m *iso8583.Message, timeout time.Duration) (*iso8583.Message, error) {
	return c.conn.Send(m, connection.SendTimeout(timeout))
}

func (c moovClient) alive() bool {
	select {
	case <-c.conn.Done():
		return false
	default:
		return true
	}
}

func (c moovClient) close(ctx context.Context) error { return c.conn.CloseCtx(ctx) }

// moovPool is a pool of one address: it connects anew.
type moovPool struct{ pool *connection.Pool }

func openPool(set setup) (client, error) {
	factory := func(addr string) (*connection.Connection, error) {
		return connection.New(addr, set.spec, readLength(set), writeLength(set), optionsOf(set)...)
	}
	pool, err := connection.NewPool(factory, []string{set.addr},
		connection.PoolReconnectWait(set.reconnect), connection.PoolMinConnections(0))
	if err != nil {
		return nil, err
	}
	return moovPool{pool}, pool.Connect()
}

func (p moovPool) exchange(m *iso8583.Message, timeout time.Duration) (*iso8583.Message, error) {
	conn, err := p.pool.Get()
	if err != nil {
		return nil, err
	}
	return conn.Send(m, connection.SendTimeout(timeout))
}

func (p moovPool) alive() bool                     { return p.pool.IsUp() }
func (p moovPool) close(ctx context.Context) error { return p.pool.CloseCtx(ctx) }

func optionsOf(set setup) []connection.Option {
	options := []connection.Option{
		connection.InboundMessageHandler(func(_ *connection.Connection, m *iso8583.Message) {
			mti, err := m.GetMTI()
			switch isAnswer := err == nil && mti == "0210"; {
			case isAnswer && set.late != nil:
				set.late(late{response: m})
			case !isAnswer && set.inbound != nil:
				set.inbound(m)
			}
		}),
	}
	if set.told != nil {
		options = append(options, connection.ErrorHandler(func(err error) { set.told(fmt.Sprintf("%v %+v", err, err)) }))
	}
	if set.secure {
		options = append(options, connection.SetTLSConfig(func(c *tls.Config) { *c = *clientTLS() }))
	}
	if set.idle > 0 {
		var stan atomic.Int64
		options = append(options, connection.IdleTime(set.idle), connection.PingHandler(func(c *connection.Connection) {
			if ping, err := message("0800", int(stan.Add(1)), identifier(0)); err == nil {
				_, _ = c.Send(ping, connection.SendTimeout(set.pingTimeout)) // the example leaves the error to its user
			}
		}))
	}
	if set.signOn {
		options = append(options, connection.OnConnect(func(c *connection.Connection) error {
			m, err := message("0800", 1, identifier(0))
			if err != nil {
				return err
			}
			if _, err := c.Send(m, connection.SendTimeout(patience)); err != nil {
				return err
			}
			time.Sleep(work)
			return nil
		}))
	}
	return options
}

func readLength(set setup) connection.MessageLengthReader {
	return func(r io.Reader) (int, error) {
		if set.bcd {
			h := network.NewBCD2BytesHeader()
			_, err := h.ReadFrom(r)
			return h.Length(), err
		}
		h := network.NewBinary2BytesHeader()
		_, err := h.ReadFrom(r)
		return h.Length(), err
	}
}

func writeLength(set setup) connection.MessageLengthWriter {
	return func(w io.Writer, length int) (int, error) {
		if set.bcd {
			h := network.NewBCD2BytesHeader()
			h.SetLength(length)
			return h.WriteTo(w)
		}
		h := network.NewBinary2BytesHeader()
		if err := h.SetLength(length); err != nil {
			return 0, err
		}
		return h.WriteTo(w)
	}
}
