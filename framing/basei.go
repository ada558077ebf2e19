package framing

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
)

// BaseILen is the size of a Visa BASE I header, in bytes; its first byte says
// when it is longer.
const BaseILen = 22

// Where the fields of a BASE I header stand, in bytes. The last two are there
// only in the header of a rejected message.
const (
	baseIFormat      = 1
	baseITotal       = 3 // 2 bytes
	baseIDestination = 5 // 3 bytes, in front of the source
	baseISource      = 8
	baseIStationLen  = 3
	baseIBitmap      = 22 // 2 bytes
	baseIRejectCode  = 24 // 2 bytes
	baseIRejectLen   = 26

	baseISecondHeader = 0x80 // in the format: another header follows
	baseIRejected     = 0x80 // in the first byte of the bitmap
)

// BaseI is what a Visa BASE I header says.
type BaseI struct {
	// Format is the header format; its bit 0x80 says that another header
	// follows, that of the original of a rejected message.
	Format byte

	// TextFormat is the format of the message behind the header.
	TextFormat byte

	// TotalLength is the size of header and body, in bytes, as the sender wrote
	// it. Nothing here relies on it.
	TotalLength int

	// Destination and Source are the stations, six digits each. Digits that are
	// no decimal ones come as the letters a to f, here and in RejectCode.
	Destination, Source string

	// RoundTrip is the round-trip control information.
	RoundTrip byte

	// Flags are the BASE I flags.
	Flags [2]byte

	// Status are the message status flags.
	Status [3]byte

	// Batch is the batch number.
	Batch byte

	// Reserved is not in use.
	Reserved [3]byte

	// UserInfo is for the user's own information.
	UserInfo byte

	// Rejected says that this is the header of a rejected message: the body is
	// the message that was rejected, so it looks like a request.
	Rejected bool

	// RejectCode is why, in four digits; empty where nothing was rejected.
	RejectCode string

	// Original is the header that the rejected message was sent with, which
	// ParseBaseI takes in its turn; nil where there is none. It shares its array
	// with the header that was parsed.
	Original []byte
}

// ParseBaseI reads a header as [VisaBaseI] returns it: one BASE I header, or, for
// a rejected message, the network's and that of the original. It keeps no part
// of header but Original, and takes every header that Read of VisaBaseI returns.
// Any other, whose size is not what its first byte says, or nil, is refused with an
// error that wraps ErrHeader.
func ParseBaseI(header []byte) (BaseI, error) {
	total, fault := baseISize(header)
	if fault == "" && total < len(header) {
		fault = fmt.Sprintf("%d bytes follow it", len(header)-total)
	}
	if fault != "" {
		return BaseI{}, baseIError(fault)
	}
	own := int(header[0])
	h := BaseI{
		Format:      header[baseIFormat],
		TextFormat:  header[2],
		TotalLength: int(binary.BigEndian.Uint16(header[baseITotal:])),
		Destination: hex.EncodeToString(header[baseIDestination:baseISource]),
		Source:      hex.EncodeToString(header[baseISource : baseISource+baseIStationLen]),
		RoundTrip:   header[11],
		Flags:       [2]byte(header[12:]),
		Status:      [3]byte(header[14:]),
		Batch:       header[17],
		Reserved:    [3]byte(header[18:]),
		UserInfo:    header[21],
		Rejected:    own >= baseIRejectLen && header[baseIBitmap]&baseIRejected != 0,
	}
	if h.Rejected {
		h.RejectCode = hex.EncodeToString(header[baseIRejectCode:baseIRejectLen])
	}
	if total > own {
		h.Original = header[own:total:total]
	}
	return h, nil
}

// BaseIHeader returns a header from one station to another, of six digits each:
// header format 1, text format 2, and zeros. It serves as the default header of
// [VisaBaseI]. The error wraps ErrHeader.
func BaseIHeader(destination, source string) ([BaseILen]byte, error) {
	h := defaultBaseI
	for _, station := range []struct {
		name, digits string
		at           int
	}{{"destination", destination, baseIDestination}, {"source", source, baseISource}} {
		packed, err := hex.DecodeString(station.digits)
		if _, ok := packedBCD(packed); err != nil || !ok || len(packed) != baseIStationLen {
			return [BaseILen]byte{}, baseIError(fmt.Sprintf("%s %q is not six digits", station.name, station.digits))
		}
		copy(h[station.at:], packed)
	}
	return h, nil
}

var defaultBaseI = [BaseILen]byte{0: BaseILen, baseIFormat: 1, 2: 2}

func baseIError(fault string) error {
	return fmt.Errorf("framing: BASE I: %w: %s", ErrHeader, fault)
}

// baseISize is the size of the one or two headers with which block begins;
// fault says what is wrong with them.
func baseISize(block []byte) (size int, fault string) {
	size, fault = oneBaseISize(block)
	if fault != "" || block[baseIFormat]&baseISecondHeader == 0 {
		return size, fault
	}
	second, fault := oneBaseISize(block[size:])
	if fault != "" {
		return 0, "the original's: " + fault
	}
	return size + second, ""
}

func oneBaseISize(block []byte) (size int, fault string) {
	if len(block) < BaseILen {
		return 0, fmt.Sprintf("%d bytes are too few for a header, which has %d", len(block), BaseILen)
	}
	size = int(block[0])
	switch {
	case size < BaseILen:
		return 0, fmt.Sprintf("a header of %d bytes by its first byte, where %d is the least", size, BaseILen)
	case size > len(block):
		return 0, fmt.Sprintf("a header of %d bytes by its first byte, where %d are left", size, len(block))
	}
	return size, ""
}

// swapStations is a copy of header with the first header's stations swapped.
func swapStations(header []byte) []byte {
	if len(header) < BaseILen {
		return slices.Clone(header)
	}
	return swapped(header, baseIDestination, baseIStationLen)
}
