package issuer

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
)

// DigestField is where a reply carries the digest of its request: the field for
// additional private data.
const DigestField = 48

// codeField is the response code.
const codeField = 39

// The response codes that the host gives.
const (
	approved = "00"
	declined = "51" // not sufficient funds
)

// respond makes the request its own response.
func respond(message *iso8583.Message, mti messages.MTI, digest [sha256.Size]byte, code string) ([]byte, error) {
	mti[2]++
	message.MTI(mti.String())
	for field, value := range map[int]string{codeField: code, DigestField: hex.EncodeToString(digest[:])} {
		if err := message.Field(field, value); err != nil {
			// The codec's own words may quote a value.
			return nil, &messages.CodecError{Kind: messages.ErrPack, Field: strconv.Itoa(field)}
		}
	}
	return messages.Pack(message)
}

// Proves reports whether a reply says that it answers the request of that digest
// and reference.
func Proves(reply *iso8583.Message, digest [sha256.Size]byte, reference string) bool {
	got, err := reply.GetString(DigestField)
	if err != nil || got != hex.EncodeToString(digest[:]) {
		return false
	}
	got, err = reply.GetString(traffic.ReferenceField)
	return err == nil && got == reference
}
