//! One A4 page to draw on: texts that never leave their room, rules, boxes and a QR code.
//!
//! Places are in points from the top left corner; a text stands on its `y`.

use printpdf::{
    Color, DictItem, Line, LinePoint, Op, PaintMode, PdfFontHandle, Point, Polygon, PolygonRing, Pt, Rgb, TextItem,
    TextMatrix, WindingOrder,
};

use crate::receipt::face::{Face, MISSING};
use crate::ticket::QrMatrix;

/// The width of A4.
pub const WIDTH: f32 = 595.276;
/// The height of A4.
pub const HEIGHT: f32 = 841.89;

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Text,
    /// Labels and notes.
    Soft,
    /// Hairlines.
    Hairline,
    /// The ground of a table's head.
    Ground,
    /// The one accent.
    Accent,
    /// A warning.
    Alarm,
    /// A warning across the page, under the text.
    Watermark,
    /// Paper, on a dark ground.
    Paper,
}

impl Ink {
    fn color(self) -> Color {
        let (r, g, b) = match self {
            Self::Text => (0.11, 0.13, 0.16),
            Self::Soft => (0.38, 0.41, 0.45),
            Self::Hairline => (0.80, 0.82, 0.84),
            Self::Ground => (0.955, 0.958, 0.962),
            Self::Accent => (0.85, 0.52, 0.05),
            Self::Alarm => (0.72, 0.10, 0.10),
            Self::Watermark => (0.985, 0.865, 0.865),
            Self::Paper => (1.0, 1.0, 1.0),
        };
        Color::Rgb(Rgb { r, g, b, icc_profile: None })
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The typeface.
    pub face: Face,
    /// The size in points.
    pub size: f32,
    /// The colour.
    pub ink: Ink,
}

impl Style {
    /// A style.
    pub const fn new(face: Face, size: f32, ink: Ink) -> Self {
        Self { face, size, ink }
    }
}

/// On which side of its `x` a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Left,
    /// It has its middle there.
    Centre,
    /// It ends there.
    Right,
}

/// A page as it is drawn.
#[derive(Debug, Default)]
pub struct Page {
    ops: Vec<Op>,
    replaced: bool,
}

impl Page {
    /// Whether a character was replaced because the faces lack it.
    pub fn has_replaced(&self) -> bool {
        self.replaced
    }

    /// What was drawn, in order.
    pub fn into_ops(self) -> Vec<Op> {
        self.ops
    }

    /// Writes one line, cut to `room` points.
    pub fn text(&mut self, x: f32, y: f32, room: f32, style: Style, align: Align, text: &str) {
        let shown: String = text.chars().map(|c| if style.face.has(c) { c } else { MISSING }).collect();
        let shown = style.face.fit(style.size, &shown, room);
        let width = style.face.width(style.size, &shown);
        let left = match align {
            Align::Left => x,
            Align::Centre => x - width / 2.0,
            Align::Right => x - width,
        };
        let matrix = TextMatrix::Translate(Pt(left), Pt(HEIGHT - y));
        // Readers that copy or speak the text get what was meant.
        let meant = text.chars().any(|c| !style.face.has(c)).then_some(text);
        self.replaced |= meant.is_some();
        self.show(matrix, style, shown, meant);
    }

    /// Writes lines of at most `room` points and answers where the next would stand; `leading` is between baselines.
    pub fn paragraph(&mut self, x: f32, y: f32, room: f32, style: Style, leading: f32, text: &str) -> f32 {
        let mut y = y;
        for line in style.face.wrap(style.size, text, room) {
            self.text(x, y, room, style, Align::Left, &line);
            y += leading;
        }
        y
    }

    /// Writes a text around the page's middle, rising at `degrees`.
    pub fn watermark(&mut self, degrees: f32, style: Style, text: &str) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let half = style.face.width(style.size, text) / 2.0;
        let (x, y) = (WIDTH / 2.0 - half * cos, HEIGHT / 2.0 - half * sin);
        self.show(TextMatrix::Raw([cos, sin, -sin, cos, x, y]), style, text.to_owned(), None);
    }

    fn show(&mut self, matrix: TextMatrix, style: Style, shown: String, meant: Option<&str>) {
        if shown.is_empty() {
            return;
        }
        self.ops.push(Op::SetFillColor { col: style.ink.color() });
        if let Some(meant) = meant {
            let utf16 = [0xfe, 0xff].into_iter().chain(meant.encode_utf16().flat_map(u16::to_be_bytes)).collect();
            let actual = DictItem::String { data: utf16, literal: false };
            let properties = DictItem::Dict { map: [("ActualText".to_owned(), actual)].into() };
            self.ops.push(Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties });
        }
        self.ops.extend([
            Op::StartTextSection,
            Op::SetFont { font: PdfFontHandle::External(style.face.id()), size: Pt(style.size) },
            Op::SetTextMatrix { matrix },
            Op::ShowText { items: vec![TextItem::Text(shown)] },
            Op::EndTextSection,
        ]);
        if meant.is_some() {
            self.ops.push(Op::EndMarkedContent);
        }
    }

    /// Draws a line.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32), thickness: f32, ink: Ink) {
        self.ops.push(Op::SetOutlineColor { col: ink.color() });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(thickness) });
        let points = [from, to].map(|(x, y)| corner(x, y)).to_vec();
        self.ops.push(Op::DrawLine { line: Line { points, is_closed: false } });
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        self.polygon(ink, vec![rectangle(x, y, width, height)]);
    }

    /// Fills a triangle or any other outline.
    pub fn shape(&mut self, ink: Ink, corners: &[(f32, f32)]) {
        let points = corners.iter().map(|(x, y)| corner(*x, *y)).collect();
        self.polygon(ink, vec![PolygonRing { points }]);
    }

    /// Draws a QR code with its quiet zone in a square of `side` points, so that its modules end at `right`, and answers
    /// how wide the quiet zone is. It is one path, so that no seam shows between modules.
    pub fn qr(&mut self, right: f32, y: f32, side: f32, matrix: &QrMatrix) -> f32 {
        let module = side / coordinate(matrix.width + 2 * QrMatrix::QUIET);
        let quiet = coordinate(QrMatrix::QUIET) * module;
        let x = right + quiet - side;
        let mut rings = Vec::new();
        for row in 0..matrix.width {
            let mut column = 0;
            while column < matrix.width {
                let run = (column..matrix.width).take_while(|column| matrix.is_dark(*column, row)).count();
                if run > 0 {
                    let left = x + coordinate(column + QrMatrix::QUIET) * module;
                    let top = y + coordinate(row + QrMatrix::QUIET) * module;
                    rings.push(rectangle(left, top, coordinate(run) * module, module));
                }
                column += run + 1;
            }
        }
        self.fill(x, y, side, side, Ink::Paper);
        self.polygon(Ink::Text, rings);
        quiet
    }

    fn polygon(&mut self, ink: Ink, rings: Vec<PolygonRing>) {
        self.ops.push(Op::SetFillColor { col: ink.color() });
        let polygon = Polygon { rings, mode: PaintMode::Fill, winding_order: WindingOrder::NonZero };
        self.ops.push(Op::DrawPolygon { polygon });
    }
}

fn corner(x: f32, y: f32) -> LinePoint {
    LinePoint { p: Point { x: Pt(x), y: Pt(HEIGHT - y) }, bezier: false }
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> PolygonRing {
    let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
    PolygonRing { points: corners.map(|(x, y)| corner(x, y)).to_vec() }
}

/// A count of modules as a length; a QR code has 177 at most.
fn coordinate(modules: usize) -> f32 {
    f32::from(u8::try_from(modules).expect("a QR code and its quiet zone have at most 185 modules a side"))
}
