package linktest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"
)

// responseCodeField is DE 39 of ISO 8583, the response (action) code.
const responseCodeField = 39

// UnpackingConfig says how NewUnpackingResponder answers.
type UnpackingConfig struct {
	// Spec unpacks requests and packs responses. Required, with fields 0 and
	// 39. It must not be changed afterwards.
	Spec *iso8583.MessageSpec
	// ResponseCode is written into field 39; empty means "00", approved.
	ResponseCode string
	// DigestField is the field that gets DigestText of the request's body, so
	// that a response proves which request it answers; 48 or 63, for example.
	// 0 means none.
	DigestField int
	// DigestLen is how many characters of the digest are written, for a field
	// that cannot hold all 64; 0 means all.
	DigestLen int
}

// NewUnpackingResponder returns a Responder that unpacks the request, raises
// its message function by one, sets the response code and the digest, and packs
// all the other fields as they came. The header is the request's.
//
// It panics when the configuration is wrong. The Responder returns ErrNoReply
// for what Respond does not answer either, and else an error that names the
// field at which unpacking failed and holds nothing of its contents, or the
// specification's refusal to pack the response.
func NewUnpackingResponder(cfg UnpackingConfig) Responder {
	if err := cfg.validate(); err != nil {
		panic(err)
	}
	if cfg.ResponseCode == "" {
		cfg.ResponseCode = "00"
	}
	if cfg.DigestLen == 0 {
		cfg.DigestLen = hex.EncodedLen(sha256.Size)
	}
	return cfg.respond
}

func (cfg UnpackingConfig) validate() error {
	if cfg.Spec == nil {
		return errors.New("linktest: UnpackingConfig.Spec is required")
	}
	if err := cfg.Spec.Validate(); err != nil {
		return fmt.Errorf("linktest: UnpackingConfig.Spec: %w", err)
	}
	if cfg.Spec.Fields[responseCodeField] == nil {
		return errors.New("linktest: UnpackingConfig.Spec has no field 39 for the response code")
	}
	if f := cfg.DigestField; f != 0 && (f < 2 || f == responseCodeField || cfg.Spec.Fields[f] == nil) {
		return fmt.Errorf("linktest: UnpackingConfig.DigestField %d is none of the Spec that can hold a digest", f)
	}
	if most := hex.EncodedLen(sha256.Size); cfg.DigestLen < 0 || cfg.DigestLen > most {
		return fmt.Errorf("linktest: UnpackingConfig.DigestLen %d is not within 0 and %d", cfg.DigestLen, most)
	}
	return nil
}

func (cfg UnpackingConfig) respond(request Frame) (Frame, error) {
	message, err := unpack(cfg.Spec, request.Body)
	if err != nil {
		return Frame{}, err
	}
	mti, err := message.GetMTI()
	if err != nil || len(mti) != 4 || !isDigits([]byte(mti), '0') {
		return Frame{}, ErrNoMTI
	}
	if !wantsReply(mti) {
		return Frame{}, ErrNoReply
	}
	message.MTI(mti[:2] + string(mti[2]+1) + mti[3:])
	if err := message.Field(responseCodeField, cfg.ResponseCode); err != nil {
		return Frame{}, fmt.Errorf("linktest: setting the response code: %w", err)
	}
	if cfg.DigestField != 0 {
		digest := DigestText(request.Body)[:cfg.DigestLen]
		if err := message.Field(cfg.DigestField, digest); err != nil {
			return Frame{}, fmt.Errorf("linktest: setting the digest: %w", err)
		}
	}
	body, err := message.Pack()
	if err != nil {
		return Frame{}, errors.New("linktest: the specification cannot pack the response")
	}
	return Frame{Header: request.Header, Body: body}, nil
}

// unpack unpacks body. Its error does not wrap that of the iso8583 package,
// which carries the whole message.
func unpack(spec *iso8583.MessageSpec, body []byte) (*iso8583.Message, error) {
	message := iso8583.NewMessage(spec)
	if err := message.Unpack(body); err != nil {
		var at *iso8583errors.UnpackError
		if errors.As(err, &at) {
			return nil, fmt.Errorf("linktest: a message of %d bytes cannot be unpacked at field %s", len(body), at.FieldID)
		}
		return nil, fmt.Errorf("linktest: a message of %d bytes cannot be unpacked", len(body))
	}
	return message, nil
}

// DigestText returns the SHA-256 digest of body as 64 lower-case hexadecimal
// digits: what an unpacking responder writes into its digest field.
func DigestText(body []byte) string {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}
