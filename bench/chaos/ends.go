package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// Why sessions ended, as isolink says.
const (
	endPeerClosed fault = "the peer closed"
	endReset      fault = "reset"
	endNoEcho     fault = "echoes not answered"
	endReadIdle   fault = "nothing received"
	endFlood      fault = "too many keep-alives"
	endFraming    fault = "no frame"
	endInFrame    fault = "end within a frame"
	endSignOn     fault = "sign-on failed"
	endTLS        fault = "TLS"
	endStall      fault = "write timed out"
	endOwn        fault = "closed by this end"
)

// endOf sorts the reason of a session's end.
func endOf(reason error) fault {
	var wrong *framing.Error
	var alert tls.AlertError
	var network *net.OpError
	var certificate *x509.CertificateInvalidError
	switch {
	case reason == nil:
		return endOwn
	case errors.Is(reason, messages.ErrNoEcho):
		return endNoEcho
	case errors.Is(reason, messages.ErrReadIdle):
		return endReadIdle
	case errors.Is(reason, messages.ErrKeepAliveFlood):
		return endFlood
	case errors.Is(reason, messages.ErrSignOn):
		return endSignOn
	case errors.Is(reason, messages.ErrPeerClosed):
		return endPeerClosed
	case errors.Is(reason, syscall.ECONNRESET), errors.Is(reason, syscall.EPIPE):
		return endReset
	case errors.Is(reason, os.ErrDeadlineExceeded):
		return endStall
	case errors.As(reason, &alert), errors.As(reason, &certificate), errors.As(reason, &network) && network.Op == "remote error":
		return endTLS
	case errors.Is(reason, io.ErrUnexpectedEOF):
		return endInFrame
	case errors.As(reason, &wrong):
		return endFraming
	}
	return endOwn
}
