package main

import (
	"crypto/tls"
	"testing"

	connection "github.com/moov-io/iso8583-connection"
	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// withoutCertificate takes the client's certificate away.
func withoutCertificate(o *connection.Options) error {
	o.TLSConfig.Certificates = nil
	return nil
}

// TestInteroperationRefusesCertificates: the peer's client gets no session of our
// acceptor without a certificate, or with one that proves nothing. With TLS 1.2 it
// is told when it connects, with TLS 1.3, as a rule, afterwards.
func TestInteroperationRefusesCertificates(t *testing.T) {
	for name, option := range map[string]connection.Option{
		"none":            withoutCertificate,
		"other authority": connection.ClientCert(certs+"other-client.pem", certs+"other-client-key.pem"),
		"expired":         connection.ClientCert(certs+"expired-client.pem", certs+"expired-client-key.pem"),
	} {
		for version, number := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
			t.Run(name+"/"+version, func(t *testing.T) {
				t.Parallel()
				at := newPlace(t, interopFramings()[0], true)
				h := startAcceptor(t, at, func(*supervisor.LinkConfig) {})
				c := newMoov(t, at, h.address(), option, connection.SetTLSConfig(func(config *tls.Config) {
					config.MinVersion, config.MaxVersion = number, number
				}))
				if err := c.conn.Connect(); err == nil {
					receive(t, at.ctx, c.conn.Done())
					_, err = c.exchange(at.ctx, echo(t, "0800", "client", "000001"))
					c.isClosed(t, err)
				}
				refused := receive(t, at.ctx, h.refused)
				assert.ErrorIs(t, refused.Cause, messages.ErrHandshake)
				s := h.acceptor.Status()
				assert.EqualValues(t, 1, s.Refused.Handshake)
				assert.Zero(t, s.Sessions)
				assert.Equal(t, supervisor.Counters{}, s.Counters)

				welcome := connectMoov(t, at, h.address())
				served := h.accepted(t)
				ask(t, at, welcome, "client", "000002")
				welcome.close(t)
				served.isLeft(t)
			})
		}
	}
}
