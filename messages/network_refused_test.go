package messages_test

import (
	"context"
	"maps"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// tellingReplier is as much of a link as Answering needs.
type tellingReplier struct {
	replies int
	told    []messages.Event
}

func (r *tellingReplier) Reply(context.Context, *messages.Inbound, []byte, []byte) error {
	r.replies++
	return nil
}
func (*tellingReplier) ReplyHeader(*messages.Inbound) []byte { return nil }
func (r *tellingReplier) Told(e messages.Event)              { r.told = append(r.told, e) }

// TestNetworkRefusedTellsACode: a peer's value is told where it is as short as codes
// are; it might be anything.
func TestNetworkRefusedTellsACode(t *testing.T) {
	spec := &iso8583.MessageSpec{Fields: maps.Clone(specs.Spec87ASCII.Fields)}
	spec.Fields[70] = field.NewString(&field.Spec{Length: 19, Enc: encoding.ASCII, Pref: prefix.ASCII.LL})
	answer := messages.ISO87.Answering("12", nil)
	for function, told := range map[string]string{"161": "161", "4111111111111111": ""} {
		msg := iso8583.NewMessage(spec)
		msg.MTI("0800")
		require.NoError(t, msg.Field(11, "000001"))
		require.NoError(t, msg.Field(70, function))
		frame, err := messages.Pack(msg)
		require.NoError(t, err)
		var link tellingReplier
		in := messages.NewInbound(spec, &link)
		in.Link, in.MTI, in.Frame = "visa-1", messages.MTI([]byte("0800")), frame
		answer(t.Context(), in)
		assert.Equal(t, 1, link.replies)
		assert.Equal(t, []messages.Event{&messages.NetworkRefused{
			Link: "visa-1", MTI: in.MTI, Function: told, Code: "12",
		}}, link.told)
	}
}

// TestAnsweringWithoutEcho: a network that has no echo takes nothing for one, whatever
// type its function field has.
func TestAnsweringWithoutEcho(t *testing.T) {
	network := messages.ISO87
	network.Echo = ""
	for _, function := range []field.Field{field.NewString(fixed(3)), field.NewNumeric(fixed(3))} {
		spec := &iso8583.MessageSpec{Fields: maps.Clone(specs.Spec87ASCII.Fields)}
		spec.Fields[70] = function
		msg := iso8583.NewMessage(spec)
		msg.MTI("0800")
		require.NoError(t, msg.Field(11, "000001"))
		frame, err := messages.Pack(msg)
		require.NoError(t, err)
		var link tellingReplier
		in := messages.NewInbound(spec, &link)
		in.MTI, in.Frame = messages.MTI([]byte("0800")), frame
		network.Answering("12", nil)(t.Context(), in)
		assert.Equal(t, 1, link.replies)
		assert.Len(t, link.told, 1, "refused")
	}
}
