package supervisor_test

import (
	"context"
	"fmt"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// A file says what links there are; the program adds what a file cannot say. Each time
// that it changes, it is loaded and applied again.
func ExampleLoad() {
	load := func(text string) (supervisor.Config, error) { // Load, for a file
		return supervisor.LoadBytes("switch.yaml", []byte(text), supervisor.LoadOptions{
			Link: func(c *supervisor.LinkConfig) error {
				c.Handler, c.Logger = func(context.Context, *messages.Inbound) {}, quiet
				return nil
			},
		})
	}
	const first = `
defaults: {spec: Spec87ASCII, framing: binary2, connectTimeout: 1s}
links:
- {name: issuer-1, addrs: ["127.0.0.1:1"]}
- {name: issuer-2, addrs: ["127.0.0.1:1"]}
`
	config, err := load(first)
	if err != nil {
		panic(err)
	}
	manager, err := supervisor.New(nil, config)
	if err != nil {
		panic(err)
	}
	defer func() { _ = manager.Close(context.Background()) }()

	_, err = load(first + "- {name: issuer-3, addr: [\"127.0.0.1:1\"], sendTimeout: 5}\n")
	fmt.Println(err)

	config, err = load(first + "- {name: issuer-3, addrs: [\"127.0.0.1:1\"], sendTimeout: 5s}\n")
	if err != nil {
		panic(err)
	}
	applied, err := manager.Apply(context.Background(), config)
	fmt.Println(applied.Links.Added, applied.Links.Unchanged, err)
	// Output:
	// switch.yaml:6:20: links[2].addr: there is no such field: "addr": did you mean addrs?
	// switch.yaml:6:56: links[2].sendTimeout: give a duration, with its unit: 5s, 100ms, 1m30s
	// [issuer-3] [issuer-1 issuer-2] <nil>
}
