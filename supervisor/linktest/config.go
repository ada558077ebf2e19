package linktest

import (
	"crypto/tls"
	"errors"

	"github.com/isolink-go/isolink/framing"
)

// PeerConfig says what a Peer is and does.
type PeerConfig struct {
	// Framing delimits messages on the stream. Required.
	Framing framing.Framer
	// FrameLimit is the longest frame, header and body, in bytes, that is read;
	// 0 means 65,535. A longer one ends the connection.
	FrameLimit int
	// TLS, when set, makes the peer a TLS server. It is cloned.
	TLS *tls.Config
	// Addr is where to listen, "host:port"; empty means 127.0.0.1 with a port
	// that is free. NewPipePeer does not use it.
	Addr string
	// Admission is what happens at first to those who connect; zero means that
	// they are served. Peer.SetAdmission changes it.
	Admission Admission

	// OnAccept, when set, is called with each connection before anything is
	// read or written, the TLS handshake included: the place for
	// CloseAfterRead, StopReading, socket options, or bytes that are no TLS.
	// It must not read frames on a peer with TLS.
	OnAccept func(*Conn)
	// Script has the connection to itself once it is set up; when it returns,
	// the connection is closed. Nil means func(c *Conn) { c.Serve(nil) }, which
	// is also how a script goes on to Handle.
	Script func(*Conn)
	// Handle is what is done with each frame that is read; nil means Reply().
	Handle Step
	// KeepAlive is what is done with each keep-alive that is read; nil means
	// nothing, Echo() sends it back.
	KeepAlive Step
	// Recorder, when set, logs all that is read and written but keep-alives and
	// raw bytes. Peers may share one.
	Recorder *Recorder
	// Coalesce lets the steps Reply, ReplyWith and Echo hold what they have to
	// say until the frames that came together are handled, and write it at
	// once: faster, and the way of hosts whose responses arrive several to a
	// segment.
	Coalesce bool
}

func (cfg PeerConfig) validate() error {
	var faults []error
	if cfg.Framing == nil {
		faults = append(faults, errors.New("linktest: PeerConfig.Framing is required"))
	}
	if cfg.FrameLimit < 0 {
		faults = append(faults, errors.New("linktest: PeerConfig.FrameLimit is negative"))
	}
	if cfg.Admission < Admit || cfg.Admission > Refuse {
		faults = append(faults, errors.New("linktest: PeerConfig.Admission is none of the constants"))
	}
	return errors.Join(faults...)
}

func (cfg PeerConfig) withDefaults() PeerConfig {
	if cfg.FrameLimit == 0 {
		cfg.FrameLimit = 65_535
	}
	if cfg.TLS != nil {
		cfg.TLS = cfg.TLS.Clone()
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Handle == nil {
		cfg.Handle = Reply()
	}
	if cfg.KeepAlive == nil {
		cfg.KeepAlive = Drop()
	}
	return cfg
}
