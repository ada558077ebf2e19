// Package plot draws lines as SVG.
package plot

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// Plot is a picture of lines. An axis begins at 0, or is logarithmic; coordinates are
// then above 0.
type Plot struct {
	Title, X, Y string
	LogX, LogY  bool
	Lines       []Line
}

// Line has its points from left to right. Its colour is a number; the same one is the
// same colour in all plots.
type Line struct {
	Name   string
	Colour int
	Points []Point
}

// Point is a place by the numbers of the axes.
type Point struct{ X, Y float64 }

// The places of a picture, in pixels.
const (
	plotWidth, plotHeight            = 900, 500
	left, right, top, bottom float64 = 90, 680, 50, 430
)

// colours can be told apart by everybody (Okabe and Ito).
var colours = []string{"#000000", "#e69f00", "#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#b0a800"}

// SVG draws the plot.
func (p Plot) SVG() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" fill="#222">`+"\n",
		plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text x="%.0f" y="28" font-size="16">%s</text>`+"\n", left, html.EscapeString(p.Title))
	x, y := p.axes()
	for _, at := range x.ticks {
		px := x.place(at, left, right)
		fmt.Fprintf(&b, `<path d="M%.1f %.1fV%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
			px, top, bottom, px, bottom+20, number(at))
	}
	for _, at := range y.ticks {
		py := y.place(at, bottom, top)
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, py, right, left-8, py+4, number(at))
	}
	fmt.Fprintf(&b, `<path d="M%.1f %.1fV%.1fH%.1f" fill="none" stroke="#222"/>`+"\n", left, top, bottom, right)
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", (left+right)/2, bottom+48, html.EscapeString(p.X))
	fmt.Fprintf(&b, `<text transform="translate(22 %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+bottom)/2, html.EscapeString(p.Y))
	for i, l := range p.Lines {
		colour := colours[l.Colour%len(colours)]
		fmt.Fprintf(&b, `<path d="`)
		for j, at := range l.Points {
			fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(j, 1)], x.place(at.X, left, right), y.place(at.Y, bottom, top))
		}
		fmt.Fprintf(&b, `" fill="none" stroke="%s" stroke-width="2"/>`+"\n", colour)
		for _, at := range l.Points {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n",
				x.place(at.X, left, right), y.place(at.Y, bottom, top), colour)
		}
		py := top + 10 + 22*float64(i)
		fmt.Fprintf(&b, `<path d="M%.1f %.1fh26" stroke="%s" stroke-width="2"/><text x="%.1f" y="%.1f">%s</text>`+"\n",
			right+20, py, colour, right+54, py+4, html.EscapeString(l.Name))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// axis is a range of numbers.
type axis struct {
	logarithmic bool
	low, high   float64
	ticks       []float64
}

func (p Plot) axes() (x, y axis) {
	var xs, ys []float64
	for _, l := range p.Lines {
		for _, at := range l.Points {
			xs, ys = append(xs, at.X), append(ys, at.Y)
		}
	}
	return axisOf(p.LogX, xs), axisOf(p.LogY, ys)
}

func axisOf(log bool, values []float64) axis {
	if log {
		return logarithmic(values)
	}
	return linear(values)
}

// logarithmic spans whole powers of ten.
func logarithmic(values []float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	last = max(last, first+1)
	a := axis{logarithmic: true, low: math.Pow(10, first), high: math.Pow(10, last)}
	for power := first; power <= last; power++ {
		a.ticks = append(a.ticks, math.Pow(10, power))
	}
	return a
}

// linear begins at 0, with four to ten steps of 1, 2 or 5 times a power of ten.
func linear(values []float64) axis {
	high := 0.0
	for _, v := range values {
		high = max(high, v)
	}
	if high == 0 {
		high = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(high/5)))
	for _, times := range []float64{5, 2} {
		if step*times <= high/4 {
			step *= times
			break
		}
	}
	a := axis{high: math.Ceil(high/step) * step}
	for at := 0.0; at <= a.high+step/2; at += step {
		a.ticks = append(a.ticks, at)
	}
	return a
}

// place is where a value is between two pixels, those of low and high.
func (a axis) place(v, from, to float64) float64 {
	low, high := a.low, a.high
	if a.logarithmic {
		v, low, high = math.Log10(v), math.Log10(low), math.Log10(high)
	}
	return from + (v-low)/(high-low)*(to-from)
}

// number is a tick's text, with a space between thousands.
func number(v float64) string {
	text := fmt.Sprintf("%g", v)
	if v < 1000 || v >= 1e15 {
		return text
	}
	text = fmt.Sprintf("%.0f", v)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}
