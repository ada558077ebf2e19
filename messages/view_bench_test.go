package messages_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/messages"
)

// relayCases are specifications that moov's package packs messages of.
func relayCases() []typicalCase {
	return []typicalCase{{name: "ASCII", spec: specs.Spec87ASCII}, {name: "BCD", spec: bcdSpec()}}
}

// relay reads the MTI and the PAN of a message, and rewrites its STAN.
func relay(viewer *messages.Viewer, dst, pan, frame []byte) ([]byte, []byte, error) {
	v, err := viewer.View(frame)
	if err != nil || !v.MTI().IsRequest() {
		return nil, nil, err
	}

	if pan, err = v.AppendString(pan, 2); err != nil {
		return nil, nil, err
	}

	dst, err = v.Patch(dst, messages.SetField(11, "654321"))

	return dst, pan, err
}

// relayByMoov does the same by unpacking and packing.
func relayByMoov(spec *iso8583.MessageSpec, frame []byte) ([]byte, string, error) {
	msg := iso8583.NewMessage(spec)
	if err := msg.Unpack(frame); err != nil {
		return nil, "", err
	}

	if _, err := msg.GetMTI(); err != nil {
		return nil, "", err
	}

	pan, err := msg.GetString(2)
	if err != nil {
		return nil, "", err
	}

	if err := msg.Field(11, "654321"); err != nil {
		return nil, "", err
	}

	packed, err := msg.Pack()

	return packed, pan, err
}

// BenchmarkRelay relays a message of 18 fields: by a View and its Patch, and by
// Unpack and Pack.
func BenchmarkRelay(b *testing.B) {
	for _, c := range relayCases() {
		frame := pack(b, c.spec, "0200", typical())
		viewer := newViewer(b, c.spec)
		dst, pan := make([]byte, 0, 1024), make([]byte, 0, 64)

		b.Run("view/"+c.name, func(b *testing.B) {
			b.ReportAllocs()

			for b.Loop() {
				if _, _, err := relay(viewer, dst, pan, frame); err != nil {
					b.Fatal(err)
				}
			}
		})

		b.Run("moov/"+c.name, func(b *testing.B) {
			b.ReportAllocs()

			for b.Loop() {
				if _, _, err := relayByMoov(c.spec, frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkView makes a View and reads five fields, the last ones first.
func BenchmarkView(b *testing.B) {
	for _, c := range typicalCases()[:3] {
		frame := pack(b, c.spec, "0200", typical())
		viewer := newViewer(b, c.spec)
		dst := make([]byte, 0, 64)

		name, _, _ := strings.Cut(c.name, "/")

		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()

			for b.Loop() {
				v, err := viewer.View(frame)
				require.NoError(b, err)

				for _, id := range [...]int{54, 41, 37, 4, 2} {
					if _, err := v.AppendString(dst, id); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkPatch makes a response of a request: another MTI, two fields more, one
// less.
func BenchmarkPatch(b *testing.B) {
	for _, c := range relayCases() {
		frame := pack(b, c.spec, "0100", typical())
		v := viewOf(b, newViewer(b, c.spec), frame)
		dst := make([]byte, 0, 1024)

		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()

			for b.Loop() {
				if _, err := v.Patch(dst, messages.SetMTI(messages.MTI{'0', '1', '1', '0'}),
					messages.SetField(38, "123456"), messages.SetField(39, "00"), messages.UnsetField(14)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
