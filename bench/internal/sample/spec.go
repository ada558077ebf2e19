package sample

import (
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
)

// Spec describes every message of the benchmarks: ISO 8583:1987 with ASCII
// fields and a binary bitmap. It is shared by all rows and must not be
// changed.
var Spec = &iso8583.MessageSpec{
	Name: "ISO 8583:1987, ASCII fields, binary bitmap",
	Fields: map[int]field.Field{
		0: fixed(4, "message type indicator"),
		1: field.NewBitmap(&field.Spec{
			Length: 8, Description: "bitmap",
			Enc: encoding.Binary, Pref: prefix.Binary.Fixed,
		}),
		2:  llvar(19, "primary account number"),
		3:  fixed(6, "processing code"),
		4:  fixed(12, "amount, transaction"),
		7:  fixed(10, "transmission date and time"),
		11: fixed(6, "systems trace audit number"),
		12: fixed(6, "time, local transaction"),
		13: fixed(4, "date, local transaction"),
		14: fixed(4, "date, expiration"),
		18: fixed(4, "merchant's type"),
		22: fixed(3, "point of service entry mode"),
		25: fixed(2, "point of service condition code"),
		32: llvar(11, "acquiring institution identification code"),
		35: llvar(37, "track 2 data"),
		37: fixed(12, "retrieval reference number"),
		39: fixed(2, "response code"),
		41: fixed(8, "card acceptor terminal identification"),
		42: fixed(15, "card acceptor identification code"),
		43: fixed(40, "card acceptor name and location"),
		49: fixed(3, "currency code, transaction"),
	},
}

func fixed(length int, description string) field.Field {
	return field.NewString(&field.Spec{
		Length: length, Description: description,
		Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed,
	})
}

func llvar(limit int, description string) field.Field {
	return field.NewString(&field.Spec{
		Length: limit, Description: description,
		Enc: encoding.ASCII, Pref: prefix.ASCII.LL,
	})
}
