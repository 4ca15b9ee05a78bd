package bench

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The chart has one row of panels for each scenario, and two columns.
const (
	panelWidth  = 440 * vg.Inch / 96
	panelHeight = 330 * vg.Inch / 96
	headHeight  = 58 * vg.Inch / 96
	margin      = 8 * vg.Inch / 96
	pngDPI      = 144
)

// A style tells the ways apart by colour, dash and mark.
type style struct {
	color  color.RGBA
	width  vg.Length
	dashes []vg.Length
	glyph  draw.GlyphDrawer
}

var styles = map[string]style{
	"none":     {color.RGBA{150, 150, 150, 255}, 1, []vg.Length{1, 3}, draw.CrossGlyph{}},
	"stack":    {color.RGBA{0, 90, 181, 255}, 2.2, nil, draw.CircleGlyph{}},
	"recycled": {color.RGBA{86, 180, 233, 255}, 1.4, []vg.Length{6, 3}, draw.RingGlyph{}},
	"scratch":  {color.RGBA{0, 140, 100, 255}, 1.8, nil, draw.TriangleGlyph{}},
	"pool":     {color.RGBA{213, 94, 0, 255}, 1.4, []vg.Length{8, 2, 2, 2}, draw.BoxGlyph{}},
	"make":     {color.RGBA{200, 0, 60, 255}, 1.4, nil, draw.PlusGlyph{}},
	"array":    {color.RGBA{90, 60, 130, 255}, 1.4, []vg.Length{2, 2}, draw.PyramidGlyph{}},
}

// writeChart draws time by size, both on logarithmic axes.
func (r *result) writeChart(w io.Writer, format string, m machine) error {
	rows := r.byScenario()
	width, height := 2*panelWidth, vg.Length(len(rows))*panelHeight+headHeight
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	if format == "svg" {
		canvas = vgsvg.New(width, height)
	} else {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(pngDPI))}
	}
	c := draw.New(canvas)
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	head(c, m)
	for i, cells := range rows {
		for j, contents := range []string{anyContents, zeroed} {
			p, err := r.panel(cells, contents)
			if err != nil {
				return err
			}
			top := c.Max.Y - headHeight - vg.Length(i)*panelHeight
			left := c.Min.X + vg.Length(j)*panelWidth
			p.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: left + margin, Y: top - panelHeight + margin},
				Max: vg.Point{X: left + panelWidth - margin, Y: top},
			}})
		}
	}
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	if format == "svg" { // few have the font by this name
		text := bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
		_, err := w.Write(text)
		return err
	}
	_, err := out.WriteTo(w)
	return err
}

func sans(p *plot.Plot, size font.Length) draw.TextStyle {
	s := p.Title.TextStyle
	s.Font = font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	return s
}

func head(c draw.Canvas, m machine) {
	s := sans(plot.New(), 12)
	s.XAlign, s.YAlign = draw.XLeft, draw.YTop
	c.FillText(s, vg.Point{X: c.Min.X + 2*margin, Y: c.Max.Y - margin}, "Time of one block, with a callee that writes its first and last byte (median and 95 % confidence interval)")
	s.Font.Size = 10
	c.FillText(s, vg.Point{X: c.Min.X + 2*margin, Y: c.Max.Y - margin - 17}, strings.Join([]string{m.cpu, m.build, m.blocks}, "; "))
}

func (r *result) panel(cells []*cell, contents string) (*plot.Plot, error) {
	p := plot.New()
	title := "contents unspecified"
	if contents == zeroed {
		title = "zeroed"
	}
	s := cells[0].scenario
	where := "long-lived goroutine"
	if s.fresh {
		where = "new goroutine each time"
	}
	if s.gc {
		where += fmt.Sprintf(", %.0f collections/s", r.collections)
	}
	p.Title.Text = where + ": " + title
	p.Title.TextStyle = sans(p, 11)
	p.Title.Padding = 4
	p.X.Label.Text, p.Y.Label.Text = "size of the block", "time"
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Scale = plot.LogScale{}
		size, align, turn := a.Label.TextStyle.Font.Size, a.Label.TextStyle, a.Tick.Label
		a.Label.TextStyle.Font = sans(p, size*10/12).Font
		a.Label.TextStyle.XAlign, a.Label.TextStyle.Rotation = align.XAlign, align.Rotation
		a.Tick.Label.Font = sans(p, 9).Font
		a.Tick.Label.Rotation = turn.Rotation
	}
	p.X.Tick.Marker = plot.ConstantTicks(sizeTicks())
	p.Y.Tick.Marker = plot.TickerFunc(timeTicks)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{240}
	p.Add(grid)
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle = sans(p, 9)
	p.Legend.TextStyle.XAlign, p.Legend.TextStyle.YAlign = draw.XLeft, draw.YBottom
	p.Legend.Padding, p.Legend.XOffs, p.Legend.YOffs = 1.5, 6, -4
	p.Legend.ThumbnailWidth = 28
	return p, addLines(p, cells, contents)
}

// addLines adds the lines of the ways that leave the contents so, and sets the axes to them.
func addLines(p *plot.Plot, cells []*cell, contents string) error {
	lo, hi, lines := math.Inf(1), 0.0, 0
	for i := range ways {
		v := &ways[i]
		if v.contents != contents && v.place != none {
			continue
		}
		data := series(cells, v)
		if len(data.XYs) == 0 {
			continue
		}
		for i, d := range data.XYs {
			lo, hi = min(lo, d.Y-data.YErrors[i].Low), max(hi, d.Y+data.YErrors[i].High)
		}
		lines++
		if err := addLine(p, v, data); err != nil {
			return err
		}
	}
	p.X.Min, p.X.Max = float64(sizes[0])/1.3, float64(sizes[len(sizes)-1])*1.3
	p.Y.Min, p.Y.Max = lo/1.3, hi*1.2
	if contents == anyContents {
		// These lines are flat: room for the legend above them.
		room := 0.055 * float64(lines+1)
		p.Y.Max = p.Y.Min * math.Pow(p.Y.Max/p.Y.Min, 1/(1-room))
	}
	return nil
}

// points are medians with their intervals.
type points struct {
	plotter.XYs
	plotter.YErrors
}

func series(cells []*cell, v *way) (data points) {
	for _, c := range cells {
		if c.way == v {
			m := c.summary
			data.XYs = append(data.XYs, plotter.XY{X: float64(c.size), Y: m.Center})
			data.YErrors = append(data.YErrors, struct{ Low, High float64 }{m.Center - m.Lo, m.Hi - m.Center})
		}
	}
	return data
}

func addLine(p *plot.Plot, v *way, data points) error {
	line, marks, err := plotter.NewLinePoints(data)
	if err != nil {
		return err
	}
	bars, err := plotter.NewYErrorBars(data)
	if err != nil {
		return err
	}
	s := styles[v.impl]
	line.Color, line.Width, line.Dashes = s.color, vg.Points(float64(s.width)), s.dashes
	marks.Color, marks.Shape, marks.Radius = s.color, s.glyph, 2.6
	bars.Color, bars.Width, bars.CapWidth = s.color, 0.6, 4
	p.Add(bars, line, marks)
	p.Legend.Add(v.label, line, marks)
	return nil
}

func sizeTicks() (ticks []plot.Tick) {
	for _, n := range sizes {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: sizeName(n)})
	}
	return ticks
}

// timeTicks labels powers of ten of nanoseconds, and 2 and 5 of each where the
// axis is short.
func timeTicks(lo, hi float64) (ticks []plot.Tick) {
	short := hi/lo < 1000
	for d := math.Pow(10, math.Floor(math.Log10(lo))); d <= hi; d *= 10 {
		for k := 1.0; k < 10; k++ {
			t := plot.Tick{Value: k * d}
			if k == 1 || short && (k == 2 || k == 5) {
				t.Label = timeName(t.Value)
			}
			if t.Value >= lo && t.Value <= hi {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// timeName returns ns as people write it.
func timeName(ns float64) string {
	switch {
	case ns >= 1e6:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	case ns >= 1e3:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.3g ns", ns)
}
