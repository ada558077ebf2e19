// Command minimal is the least that it takes to ask a host something: it
// connects, waits until the link is up, and sends one echo test.
//
//	go run ./examples/minimal 127.0.0.1:5001
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: minimal host:port")
	}
	if err := echo(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func echo(ctx context.Context, addr string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	manager, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
		Name: "host", Addrs: []string{addr}, Spec: spec87.Spec, Framing: framing.Binary2{},
	}}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, manager.Close(ctx)) }()

	link := manager.Link("host")
	if err := link.Await(ctx, messages.Up); err != nil {
		return err
	}

	request := iso8583.NewMessage(spec87.Spec)
	request.MTI("0800")
	for field, value := range map[int]string{7: time.Now().UTC().Format("0102150405"), 11: "000001", 70: "301"} {
		if err := request.Field(field, value); err != nil {
			return err
		}
	}
	reply, err := link.Send(ctx, request)
	switch {
	case err == nil:
		code, _ := reply.GetString(39)
		fmt.Println("answered, response code", code)
	case errors.Is(err, messages.ErrNotSent):
		fmt.Println("not sent: safe to send elsewhere:", err)
	case errors.Is(err, messages.ErrInDoubt):
		fmt.Println("in doubt: to be reversed, or repeated:", err)
	case errors.Is(err, messages.ErrRejected):
		fmt.Println("rejected: the host did not process it:", err)
	}
	return nil
}
