package main

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/leaktest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	leaktest.Main(m)
}

// within bounds what has no reason to take long.
const within = 20 * time.Second

func Example() {
	host := linktest.NewPeer(linktest.PeerConfig{
		Framing: framing.Binary2{},
		Handle:  linktest.ReplyWith(linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: spec87.Spec})),
	})
	defer host.Close()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := echo(ctx, host.Addr()); err != nil {
		fmt.Println(err)
	}
	// Output: answered, response code 00
}

func TestALinkThatDoesNotComeUpIsAnError(t *testing.T) {
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Admission: linktest.Refuse})
	defer host.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, echo(ctx, host.Addr()), context.DeadlineExceeded)
}

func TestAWrongAddressIsAnError(t *testing.T) {
	require.ErrorContains(t, echo(t.Context(), "nowhere"), "host:port")
}
