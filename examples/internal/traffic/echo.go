package traffic

import (
	"errors"
	"time"

	"github.com/moov-io/iso8583"
)

// Echo builds a link's echo tests. Their STANs come from where those of the
// transactions do: they share the keys of class 8. They have no reference.
func Echo(spec *iso8583.MessageSpec, numbers *Numbers) func() (*iso8583.Message, error) {
	return func() (*iso8583.Message, error) {
		message := iso8583.NewMessage(spec)
		message.MTI("0800")
		return message, errors.Join(
			message.Field(7, time.Now().UTC().Format("0102150405")),
			message.Field(STANField, numbers.STAN()),
			message.Field(70, "301"), // echo test
		)
	}
}
