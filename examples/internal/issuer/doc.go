// Package issuer is the host of a card issuer, for the examples, on isolink's own
// acceptor: it answers requests in the format of package spec87.
//
//	host, err := issuer.Listen(issuer.Config{Name: "issuer", Addr: "127.0.0.1:0", Framing: framing.Binary2{}})
//	…
//	err = host.Close(ctx)
//
// It logs each request to a ledger before it does anything with it. A reply is
// the request itself with the MTI of the response, a response code (field 39),
// and the digest of the request (field 48), which proves whose reply it is.
//
// What hosts do on a bad day it does when it is told to: Treat says which
// requests it answers late, twice or not at all, and Misbehave closes, resets and
// half-closes its connections, or stalls the host. What it does follows from a
// seed.
package issuer
