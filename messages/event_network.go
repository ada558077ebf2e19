package messages

import (
	"fmt"
	"log/slog"
)

// NetworkRefused says that network management of the peer was answered with the
// refusal of Network.Answering: nobody here knows what it asks for.
type NetworkRefused struct {
	Link    string
	Session uint64
	MTI     MTI
	// Function is the value of the network's Function field, where that is no longer
	// than the codes that networks use; Code is the refusal.
	Function string
	Code     string
}

func (*NetworkRefused) event() {}

// Origin is the link's name.
func (e *NetworkRefused) Origin() string { return e.Link }

// Format prints link, MTI, function and code, whatever the verb.
func (e NetworkRefused) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "link %s: session %d: %s, function %q, is not known here: answered with code %s",
		e.Link, e.Session, e.MTI, e.Function, e.Code)
}

// LogValue logs what Format prints.
func (e NetworkRefused) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(e)) }

// longestFunction is how long a function code is at most.
const longestFunction = 4

// toldFunction is what of a peer's value may be told: a code, and nothing that might
// be card data.
func toldFunction(value string) string {
	if len(value) > longestFunction {
		return ""
	}
	return value
}
