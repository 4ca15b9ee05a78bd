package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/stackalloc/stackalloc/benchmarks/internal/tables"
)

const (
	panelWidth  = 5.2 * vg.Inch
	panelHeight = 5.8 * vg.Inch
	headHeight  = 0.35 * vg.Inch
	margin      = 0.1 * vg.Inch
)

var palette = []color.RGBA{
	{213, 94, 0, 255}, {200, 0, 60, 255}, {120, 60, 160, 255}, {150, 110, 40, 255}, {220, 120, 170, 255},
	{100, 100, 100, 255}, {230, 159, 0, 255}, {140, 180, 60, 255}, {90, 140, 200, 255}, {60, 60, 60, 255},
}

var glyphs = []draw.GlyphDrawer{
	draw.BoxGlyph{}, draw.PlusGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.RingGlyph{},
}

var dashes = [][]vg.Length{nil, {6, 2}, {2, 2}, {8, 2, 2, 2}}

// writeChart draws time by size, both on logarithmic axes, as SVG or PNG by the
// name of the file.
func (r *result) writeChart(file string, present []*way) error {
	canvas, c := newCanvas(file, tables.Machine(), 2*panelWidth, panelHeight+headHeight)
	lo, hi := math.Inf(1), 0.0
	for _, x := range r.cells {
		lo, hi = min(lo, x.ns()), max(hi, x.ns())
	}
	for i, zeroed := range []bool{false, true} {
		p, err := r.panel(present, zeroed)
		if err != nil {
			return err
		}
		p.Y.Min, p.Y.Max = lo/1.3, hi*20 // with room for the legend
		p.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: vg.Length(i)*panelWidth + margin, Y: margin},
			Max: vg.Point{X: vg.Length(i+1)*panelWidth - margin, Y: panelHeight},
		}})
	}
	return writeCanvas(file, canvas)
}

// newCanvas returns a white canvas with the machine as its head.
func newCanvas(file, machine string, width, height vg.Length) (canvas vg.CanvasWriterTo, c draw.Canvas) {
	if strings.HasSuffix(file, ".png") {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(144))}
	} else {
		canvas = vgsvg.New(width, height)
	}
	c = draw.New(canvas)
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	head := text(10)
	head.YAlign = draw.YTop
	c.FillText(head, vg.Point{X: 2 * margin, Y: height - margin}, machine)
	return canvas, c
}

func writeCanvas(file string, canvas vg.CanvasWriterTo) error {
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	// Few have the font by this name.
	image := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return os.WriteFile(file, image, 0o644)
}

func text(size font.Length) draw.TextStyle {
	s := plot.New().Title.TextStyle
	s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	s.XAlign, s.YAlign = draw.XLeft, draw.YBottom
	return s
}

func (r *result) panel(present []*way, zeroed bool) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = "contents unspecified"
	if zeroed {
		p.Title.Text = "zeroed"
	}
	p.Title.TextStyle.Font = text(11).Font
	p.X.Label.Text, p.Y.Label.Text = "size of the block", "time"
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Scale = plot.LogScale{}
		a.Label.TextStyle.Font = text(10).Font
		a.Tick.Label.Font = text(9).Font
	}
	var sizeTicks []plot.Tick
	for _, n := range sizes {
		sizeTicks = append(sizeTicks, plot.Tick{Value: float64(n), Label: fmt.Sprintf("%d B", n)})
	}
	p.X.Tick.Marker = plot.ConstantTicks(sizeTicks)
	p.Y.Tick.Marker = plot.TickerFunc(timeTicks)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{240}
	p.Add(grid)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle = text(9)
	p.Legend.XOffs, p.Legend.YOffs, p.Legend.ThumbnailWidth = 6, -2, 26
	peers := 0
	for _, v := range present {
		if v.zeroed != zeroed || v.direct {
			continue
		}
		var xys plotter.XYs
		for _, n := range sizes {
			xys = append(xys, plotter.XY{X: float64(n), Y: r.find(v, n).ns()})
		}
		line, marks, err := plotter.NewLinePoints(xys)
		if err != nil {
			return nil, err
		}
		marks.Radius = 2.5
		switch {
		case strings.Contains(v.name, "stackalloc."):
			line.Color, line.Width, marks.Shape = color.RGBA{0, 90, 181, 255}, 2.4, draw.CircleGlyph{}
		case strings.Contains(v.name, "scratch."):
			line.Color, line.Width, marks.Shape = color.RGBA{0, 140, 100, 255}, 2, draw.CircleGlyph{}
		default:
			line.Color, marks.Shape = palette[peers%len(palette)], glyphs[peers%len(glyphs)]
			line.Dashes = dashes[peers%len(dashes)]
			peers++
		}
		marks.Color = line.Color
		p.Add(line, marks)
		p.Legend.Add(strings.Trim(v.name, "*"), line, marks)
	}
	p.X.Min, p.X.Max = float64(sizes[0])/1.3, float64(sizes[len(sizes)-1])*1.3
	return p, nil
}

func timeTicks(lo, hi float64) (ticks []plot.Tick) {
	for d := math.Pow(10, math.Floor(math.Log10(lo))); d <= hi; d *= 10 {
		for k := 1.0; k < 10; k++ {
			t := plot.Tick{Value: k * d}
			switch {
			case k != 1:
			case d >= 1e6:
				t.Label = fmt.Sprintf("%.0f ms", d/1e6)
			case d >= 1e3:
				t.Label = fmt.Sprintf("%.0f µs", d/1e3)
			default:
				t.Label = fmt.Sprintf("%.0f ns", d)
			}
			if t.Value >= lo && t.Value <= hi {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// writeRatios draws the programs by the ratio of their times after and before, the best
// one on top, and rings for that with fixed arrays.
func writeRatios(file, machine string, rows []programRow) error {
	const rowHeight = 0.24 * vg.Inch
	height := vg.Length(len(rows))*rowHeight + 1.1*vg.Inch
	canvas, c := newCanvas(file, machine, 2*panelWidth, height)
	p := plot.New()
	p.X.Label.Text = "time after ÷ time before; ring: with fixed arrays"
	p.X.Label.TextStyle.Font, p.X.Tick.Label.Font = text(10).Font, text(9).Font
	p.Y.Tick.Label.Font = text(9).Font
	var values plotter.Values
	var arrays plotter.XYs
	var names []string
	most := 1.0
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if r.Beside.Ratio > 0 {
			arrays = append(arrays, plotter.XY{X: r.Beside.Ratio, Y: float64(len(values))})
		}
		values = append(values, r.Ratio)
		names = append(names, r.label())
		most = max(most, r.Ratio, r.Beside.Ratio)
	}
	bars, err := plotter.NewBarChart(values, rowHeight*0.6)
	if err != nil {
		return err
	}
	bars.Horizontal, bars.Color, bars.LineStyle.Width = true, color.RGBA{0, 90, 181, 255}, 0
	same, err := plotter.NewLine(plotter.XYs{{X: 1, Y: -0.5}, {X: 1, Y: float64(len(rows)) - 0.5}})
	if err != nil {
		return err
	}
	p.Add(bars, same)
	if len(arrays) > 0 {
		rings, err := plotter.NewScatter(arrays)
		if err != nil {
			return err
		}
		rings.GlyphStyle = draw.GlyphStyle{Shape: draw.RingGlyph{}, Color: palette[0], Radius: 0.04 * vg.Inch}
		p.Add(rings)
	}
	p.NominalY(names...)
	p.X.Min, p.X.Max = 0, most*1.05
	p.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: margin, Y: margin}, Max: vg.Point{X: 2*panelWidth - margin, Y: height - headHeight}}})
	return writeCanvas(file, canvas)
}
