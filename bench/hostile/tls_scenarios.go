package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata"
)

// tlsScenarios are clients that misbehave in a handshake, or that should have made
// none.
func tlsScenarios() []scenario {
	return []scenario{
		{
			name: "half-hello", refuses: true, rate: "80 connections, a TLS hello cut short, then nothing", limit: "TLSTimeout", within: firstTimeout,
			least: held, ends: held, error: "ErrHandshake, deadline", told: isSlowHello, heap: someHeap,
			make: holds(secure, false, holding{first: hello[:len(hello)/2], quiet: true}),
		},
		{
			name: "half-hellos", refuses: true, rate: "TLS hellos cut short, and the end, as fast as they are made", limit: "the end of the stream",
			least: 100, error: "ErrHandshake", told: refused(messages.ErrHandshake), heap: someHeap + 4*mib,
			make: helloFlood,
		},
		{
			name: "plain-to-tls", refuses: true, rate: "80 plain clients of a TLS port", limit: "the handshake", within: time.Second,
			least: held, ends: held, error: "tls.RecordHeaderError", told: isNoTLS, heap: someHeap + 4*mib,
			make: holds(secure, false, holding{first: wire(request("0200", 1, 0))}),
		},
		{
			name: "tls-to-plain", refuses: true, rate: "80 TLS clients of a plain port", limit: "FirstTimeout", within: firstTimeout,
			least: held, ends: held, error: "*framing.Error that says TLS", told: saysTLS, heap: someHeap + 4*mib,
			make: holds(plain, false, holding{first: hello, quiet: true}),
		},
		{
			name: "other-authority", refuses: true, rate: "40 clients whose certificate is of another authority", limit: "the handshake", within: time.Second,
			least: held / 2, ends: held / 2, error: "ErrHandshake, x509", told: isCertificate, heap: someHeap + 8*mib,
			make: handshakes(held/2, "other-client"),
		},
		{
			name: "expired", refuses: true, rate: "40 clients whose certificate has expired", limit: "the handshake", within: time.Second,
			least: held / 2, ends: held / 2, error: "ErrHandshake, x509", told: isCertificate, heap: someHeap + 8*mib,
			make: handshakes(held/2, "expired-client"),
		},
	}
}

// hello is the first record of a TLS handshake, as crypto/tls makes it.
var hello = func() []byte {
	near, far := net.Pipe()
	go func() {
		_ = tls.Client(near, &tls.Config{ServerName: "localhost", MinVersion: tls.VersionTLS13}).Handshake()
		near.Close()
	}()
	defer far.Close()
	record := make([]byte, 1<<14)
	n, err := far.Read(record)
	if err != nil {
		panic(err)
	}
	return record[:n]
}()

func isSlowHello(cause, err error) bool {
	return cause == messages.ErrHandshake && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded))
}

func isNoTLS(cause, err error) bool {
	var e tls.RecordHeaderError
	return cause == messages.ErrHandshake && errors.As(err, &e)
}

// saysTLS is for a first message that was read as one, and whose error says what it is.
func saysTLS(cause, err error) bool {
	var e *framing.Error
	return cause == messages.ErrHandshake && errors.As(err, &e) && strings.Contains(e.Hint, "TLS")
}

func isCertificate(cause, err error) bool {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	return cause == messages.ErrHandshake && (errors.As(err, &unknown) || errors.As(err, &invalid))
}

// helloFlood connects, says half a hello, and goes, again and again.
func helloFlood(ctx context.Context, w *world) *attack {
	a := new(attack)
	until := time.Now().Add(w.flood)
	of(4, func(int) {
		for time.Now().Before(until) {
			conn, err := dialFrom(ctx, badAddr, secure(w))
			if err != nil {
				continue // beyond a limit, it was reset while it connected
			}
			_, _ = conn.Write(hello[:len(hello)/2])
			conn.Close()
			a.begun(1)
		}
	})
	return a
}

// handshakes are made with a certificate that is refused.
func handshakes(n int, certificate string) func(context.Context, *world) *attack {
	return func(ctx context.Context, w *world) *attack {
		a := new(attack)
		pair, err := testdata.KeyPair(certificate)
		if err != nil {
			a.failed(err)
			return a
		}
		config := w.clientTLS.Clone()
		config.Certificates = nil
		// Whatever authority the other end names: this one insists.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		of(n, func(int) {
			raw, err := dialFrom(ctx, badAddr, secure(w))
			if err != nil {
				a.failed(err)
				return
			}
			defer raw.Close()
			a.begun(1)
			begin := time.Now()
			conn := tls.Client(raw, config)
			if err = conn.HandshakeContext(ctx); err == nil { // TLS 1.3: it learns of it later
				_, err = conn.Read(make([]byte, 1))
			}
			switch {
			case err == nil:
				a.failed(errors.New("a byte of an acceptor that refused"))
			case errors.Is(err, os.ErrDeadlineExceeded):
				a.failed(wrongEnd(err))
			default:
				a.over(time.Since(begin))
			}
		})
		return a
	}
}
