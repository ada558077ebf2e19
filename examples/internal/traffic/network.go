package traffic

import (
	"errors"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// Network is an exchange of network management as ISO 8583:1987 has it; function
// is messages.ISO87's SignOn, SignOff or Echo. The STANs come from where those of
// the transactions do: they share the keys of class 8. They have no reference.
func Network(spec *iso8583.MessageSpec, stans *messages.STANs, function string, timeout time.Duration) supervisor.NetworkManagement {
	return supervisor.NetworkManagement{
		Build: messages.ISO87.Builder(spec, function, func(message *iso8583.Message) error {
			_, err := stans.Fill(message)
			return errors.Join(err, message.Field(7, time.Now().UTC().Format("0102150405")))
		}),
		Check:   messages.ISO87.Check,
		Timeout: timeout,
	}
}
