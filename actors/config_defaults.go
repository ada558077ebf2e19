package actors

import (
	"slices"
	"time"
)

// Defaults of LinkConfig, where a field is zero.
const (
	DefaultConnectTimeout  = 10 * time.Second
	DefaultTLSTimeout      = 10 * time.Second
	DefaultSendTimeout     = 30 * time.Second
	DefaultWriteTimeout    = 10 * time.Second
	DefaultKeepAlive       = 30 * time.Second
	DefaultIdleTime        = 30 * time.Second
	DefaultNetworkTimeout  = 10 * time.Second
	DefaultMaxMissedEchoes = 3
	DefaultMaxKeepAlives   = 100
	DefaultLateWindow      = time.Minute
	DefaultMaxInFlight     = 10_000
	DefaultMaxQueuedBytes  = 64 << 20
	DefaultMaxLate         = 100_000
	DefaultMaxFrame        = 65_535
	DefaultMaxEvents       = 1_024
	DefaultHandleTimeout   = 30 * time.Second
	DefaultMaxHandlers     = 64
	DefaultMaxInbound      = 1_024
)

// withDefaults returns a copy in which no zero is left to interpret.
func (c LinkConfig) withDefaults() LinkConfig {
	c.ConnectTimeout = orDefault(c.ConnectTimeout, DefaultConnectTimeout)
	c.TLSTimeout = orDefault(c.TLSTimeout, DefaultTLSTimeout)
	c.SendTimeout = orDefault(c.SendTimeout, DefaultSendTimeout)
	c.WriteTimeout = orDefault(c.WriteTimeout, DefaultWriteTimeout)
	c.KeepAlive = orDefault(c.KeepAlive, DefaultKeepAlive)
	c.IdleTime = orDefault(c.IdleTime, DefaultIdleTime)
	for _, n := range []*NetworkManagement{&c.SignOn, &c.SignOff, &c.Echo} {
		n.Timeout = orDefault(n.Timeout, DefaultNetworkTimeout)
	}
	c.MaxMissedEchoes = orDefault(c.MaxMissedEchoes, DefaultMaxMissedEchoes)
	c.MaxKeepAlives = orDefault(c.MaxKeepAlives, DefaultMaxKeepAlives)
	c.LateWindow = orDefault(c.LateWindow, DefaultLateWindow)
	c.MaxInFlight = orDefault(c.MaxInFlight, DefaultMaxInFlight)
	c.MaxQueuedBytes = orDefault(c.MaxQueuedBytes, DefaultMaxQueuedBytes)
	c.MaxLate = orDefault(c.MaxLate, DefaultMaxLate)
	c.MaxFrame = orDefault(c.MaxFrame, DefaultMaxFrame)
	c.MaxEvents = orDefault(c.MaxEvents, DefaultMaxEvents)
	c.HandleTimeout = orDefault(c.HandleTimeout, DefaultHandleTimeout)
	c.MaxInbound = orDefault(c.MaxInbound, DefaultMaxInbound)
	if c.Ordered {
		c.MaxHandlers = orDefault(c.MaxHandlers, 1)
	}
	c.MaxHandlers = orDefault(c.MaxHandlers, DefaultMaxHandlers)
	c.Addrs = slices.Clone(c.Addrs)
	c.KeyFields = slices.Clone(c.KeyFields)
	c.VerifyFields = slices.Clone(c.VerifyFields)
	if len(c.KeyFields) == 0 && c.KeyFunc == nil {
		c.KeyFields = slices.Clone(stanAlone)
	}
	if c.Scope != "" {
		c.OnDisconnect = orDefault(c.OnDisconnect, Wait)
	}
	c.OnDisconnect = orDefault(c.OnDisconnect, Settle)
	c.ClassKeyFields = c.classKeyFields()
	c.Backoff = c.Backoff.withDefaults()
	return c
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
