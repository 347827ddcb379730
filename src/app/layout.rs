//! Where everything stands on the screen, for the view to draw and for the mouse to hit.

use super::{Mouse, Size};

/// Below this the screen shows a plain message.
pub const SMALLEST: Size = Size { width: 60, height: 15 };

/// The rows of the table and the inspector that the stream leaves them on a high screen, and the columns that the table has at
/// least on a wide one.
const UPPER: u16 = 33;
const LEAST_TABLE: u16 = 44;

/// The panes that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaneId {
    /// The table of event types.
    Types,
    /// The event under the cursor.
    Inspector,
    /// An account of it.
    Stream,
}

impl PaneId {
    /// All panes, in the order in which the focus goes round.
    pub const ALL: [Self; 3] = [Self::Types, Self::Inspector, Self::Stream];
}

/// What the table of types holds: by that it and the other panes share the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// How wide it is when nothing in it is cut.
    pub width: u16,
    /// How high it is when all of it is in view.
    pub height: u16,
}

/// How the panes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The pane that has the focus.
    pub focus: PaneId,
    /// Whether it has the screen to itself.
    pub alone: bool,
    /// Whether it has sentences to read, or a text to write: beside another it needs more room than an event does.
    pub reads: bool,
}

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// The leftmost column.
    pub x: u16,
    /// The topmost row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether the mouse is in it.
    pub fn holds(&self, mouse: Mouse) -> bool {
        (self.x..self.x.saturating_add(self.width)).contains(&mouse.column)
            && (self.y..self.y.saturating_add(self.height)).contains(&mouse.row)
    }

    /// The area with a border of one cell around it.
    #[must_use]
    pub fn outer(&self) -> Self {
        Self {
            x: self.x.saturating_sub(1),
            y: self.y.saturating_sub(1),
            width: self.width.saturating_add(2),
            height: self.height.saturating_add(2),
        }
    }

    /// The area inside a border of one cell.
    #[must_use]
    pub fn inner(&self) -> Self {
        Self {
            x: self.x.saturating_add(1),
            y: self.y.saturating_add(1),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }
}

/// The screen, cut into areas. A pane without an area is not on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The top row: what is watched and how it fares.
    pub header: Area,
    /// Under it, only in trouble: what happened and what to do.
    pub banner: Area,
    /// The table of event types, border included.
    pub types: Option<Area>,
    /// The inspector, border included.
    pub inspector: Option<Area>,
    /// The stream, border included.
    pub stream: Option<Area>,
    /// The bottom row: keys, prompts and short answers.
    pub footer: Area,
}

impl Layout {
    /// Cuts a screen of `size`; `None` when it is too small.
    pub fn new(size: Size, wanted: Wanted, banner_rows: u16, table: Holds) -> Option<Self> {
        let Wanted { focus, alone, reads } = wanted;
        if size.width < SMALLEST.width || size.height < SMALLEST.height {
            return None;
        }
        let row = |y, height| Area { x: 0, y, width: size.width, height };
        let top = 1 + banner_rows;
        let body = row(top, size.height - top - 1);
        let mut layout = Self {
            header: row(0, 1),
            banner: row(1, banner_rows),
            types: None,
            inspector: None,
            stream: None,
            footer: row(size.height - 1, 1),
        };
        if alone {
            *layout.slot(focus) = Some(body);
            return Some(layout);
        }
        let stream = match size.height {
            0..20 if focus == PaneId::Stream => {
                layout.stream = Some(body);
                return Some(layout);
            }
            0..20 => 0,
            20..24 => 4,
            24..30 => 5,
            // What the table does not fill, and an event seldom does.
            _ => {
                let free = body.height.saturating_sub(table.height.max(UPPER));
                free.min(body.height * 2 / 5).max(if size.height < 40 { 8 } else { 10 })
            }
        };
        let upper = Area { height: body.height - stream, ..body };
        if stream > 0 {
            layout.stream = Some(Area { y: upper.y + upper.height, height: stream, ..body });
        }
        let left = match size.width {
            width if width < if reads { 100 } else { 80 } => {
                let pane = if focus == PaneId::Inspector { PaneId::Inspector } else { PaneId::Types };
                *layout.slot(pane) = Some(upper);
                return Some(layout);
            }
            0..100 => 40,
            // In steps, so that the border stays where it is as names come.
            width => table.width.next_multiple_of(4).clamp(LEAST_TABLE, width / 2 - width / 50),
        };
        layout.types = Some(Area { width: left, ..upper });
        layout.inspector = Some(Area { x: left, width: upper.width - left, ..upper });
        Some(layout)
    }

    fn slot(&mut self, pane: PaneId) -> &mut Option<Area> {
        match pane {
            PaneId::Types => &mut self.types,
            PaneId::Inspector => &mut self.inspector,
            PaneId::Stream => &mut self.stream,
        }
    }

    /// The pane's area, if it is on screen.
    pub fn area(&self, pane: PaneId) -> Option<Area> {
        match pane {
            PaneId::Types => self.types,
            PaneId::Inspector => self.inspector,
            PaneId::Stream => self.stream,
        }
    }

    /// The pane that the mouse is in.
    pub fn pane_at(&self, mouse: Mouse) -> Option<PaneId> {
        PaneId::ALL.into_iter().find(|pane| self.area(*pane).is_some_and(|area| area.holds(mouse)))
    }
}

/// Where the tabs of a pane stand in its top border, from the left, each with a space on both sides; two share one where they
/// stand `closely`.
pub fn tabs<T, L: AsRef<str>, const N: usize>(pane: Area, tabs: [(T, L); N], closely: bool) -> Vec<(T, Area)> {
    let shared = u16::from(closely);
    let width: u16 = tabs.iter().map(|(_, label)| cells(label.as_ref()) + 2 - shared).sum();
    let mut x = (pane.x + pane.width).saturating_sub(width + shared + 2);
    tabs.into_iter()
        .map(|(tab, label)| {
            let area = Area { x, y: pane.y, width: cells(label.as_ref()) + 2, height: 1 };
            x += area.width - shared;
            (tab, area)
        })
        .collect()
}

/// The composer, cut into areas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComposerAreas {
    /// All of it, border included.
    pub whole: Area,
    /// The notice above the draft.
    pub notice: Area,
    /// The draft, line numbers included.
    pub text: Area,
    /// The findings at the cursor.
    pub findings: Area,
    /// Whether it can be sent.
    pub status: Area,
    /// The other tabs: all that is inside the border.
    pub page: Area,
}

/// Cuts the composer in `whole`, with as many as `notice` lines said above the draft, and room for findings below it if
/// there are any.
pub fn composer(whole: Area, notice: usize, findings: bool) -> ComposerAreas {
    const STATUS: u16 = 2;
    let page = whole.inner();
    let roomy = page.height >= 14;
    let most = if roomy { 3 } else { 1 };
    let notice = u16::try_from(notice).unwrap_or(most).min(most);
    let status = STATUS.min(page.height);
    let left = page.height.saturating_sub(notice + status);
    let findings = match page.height {
        _ if !findings => 0,
        20.. => 3,
        14.. => 2,
        _ => 1.min(left),
    };
    let text = Area { y: page.y + notice, height: left - findings, ..page };
    let below = text.y + text.height;
    ComposerAreas {
        whole,
        notice: Area { height: notice, ..page },
        text,
        findings: Area { y: below, height: findings, ..page },
        status: Area { y: below + findings, height: status, ..page },
        page,
    }
}

fn cells(text: &str) -> u16 {
    u16::try_from(crate::event::text::width(text)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: Wanted = Wanted { focus: PaneId::Types, alone: false, reads: false };

    #[test]
    fn findings_that_are_read_have_the_width_of_a_narrow_screen() {
        for (width, reads, expected) in [(80, false, true), (80, true, false), (99, true, false), (100, true, true)] {
            let wanted = Wanted { focus: PaneId::Inspector, reads, ..TYPES };
            let layout = Layout::new(Size { width, height: 24 }, wanted, 0, Holds::default());
            assert_eq!(layout.map(|layout| layout.types.is_some()), Some(expected), "{width} {reads}");
        }
    }

    #[test]
    fn panes_collapse_as_the_screen_shrinks() {
        use PaneId::{Inspector, Stream, Types};
        let cases = [
            (160, 45, Types, false, vec![Types, Inspector, Stream]),
            (120, 36, Types, false, vec![Types, Inspector, Stream]),
            (80, 24, Types, false, vec![Types, Inspector, Stream]),
            (79, 24, Types, false, vec![Types, Stream]),
            (79, 24, Inspector, false, vec![Inspector, Stream]),
            (60, 15, Types, false, vec![Types]),
            (60, 15, Inspector, false, vec![Inspector]),
            (60, 15, Stream, false, vec![Stream]),
            (120, 19, Stream, false, vec![Stream]),
            (120, 36, Stream, true, vec![Stream]),
        ];
        for (width, height, focus, alone, expected) in cases {
            let layout =
                Layout::new(Size { width, height }, Wanted { focus, alone, reads: false }, 0, Holds::default());
            let panes: Vec<_> = [Types, Inspector, Stream]
                .into_iter()
                .filter(|pane| layout.is_some_and(|layout| layout.area(*pane).is_some()))
                .collect();
            assert_eq!(panes, expected, "{width}x{height} {focus:?}");
        }
        assert_eq!(Layout::new(Size { width: 59, height: 40 }, TYPES, 0, Holds::default()), None);
        assert_eq!(Layout::new(Size { width: 90, height: 14 }, TYPES, 0, Holds::default()), None);
    }

    #[test]
    fn panes_share_the_room_by_what_the_table_holds() {
        // The screen, what the table holds, and how wide and high that and how high the stream then is.
        let cases = [
            ((80, 24), (90, 90), (40, 17, 5)),
            ((100, 30), (30, 10), (44, 20, 8)),
            ((120, 36), (51, 10), (52, 26, 8)),
            ((120, 36), (80, 90), (58, 26, 8)),
            ((160, 45), (51, 10), (52, 33, 10)),
            ((200, 50), (51, 10), (52, 33, 15)),
            ((200, 50), (70, 36), (72, 36, 12)),
            ((200, 50), (120, 900), (96, 38, 10)),
        ];
        for ((width, height), (wide, high), expected) in cases {
            let held = Holds { width: wide, height: high };
            let layout = Layout::new(Size { width, height }, TYPES, 0, held);
            let areas = layout.and_then(|layout| layout.types.zip(layout.stream));
            let found = areas.map(|(types, stream)| (types.width, types.height, stream.height));
            assert_eq!(found, Some(expected), "{width}x{height} {held:?}");
        }
    }

    #[test]
    fn areas_cover_the_screen_and_do_not_overlap() {
        for width in [60, 79, 80, 99, 100, 139, 140, 250] {
            for height in [15, 19, 20, 24, 30, 40, 80] {
                for banner in [0, 2] {
                    let held = Holds { width: width / 3, height: height / 2 };
                    let Some(layout) = Layout::new(Size { width, height }, TYPES, banner, held) else {
                        panic!("{width}x{height} is not too small")
                    };
                    let panes = [layout.types, layout.inspector, layout.stream].into_iter().flatten();
                    let cells: u32 = panes
                        .chain([layout.header, layout.banner, layout.footer])
                        .map(|area| u32::from(area.width) * u32::from(area.height))
                        .sum();
                    assert_eq!(cells, u32::from(width) * u32::from(height), "{width}x{height}");
                }
            }
        }
    }
}
