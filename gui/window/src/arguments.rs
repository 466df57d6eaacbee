//! What can be asked on the command line.

use clap::{Parser, ValueEnum};
use mqlab::story::Lang;
use mqlab_desktop::app::App;
use mqlab_desktop::layout::Pane;
use mqlab_desktop::theme::Theme;

/// The desktop lab of mqlab
#[derive(Parser, Clone, Debug)]
#[command(version, about)]
pub struct Arguments {
    /// A scenario to open: a name of the catalogue, or a path
    #[arg(long, value_name = "SCENARIO")]
    open: Option<String>,
    /// Where to go: a time (60ms), an event (#310) or `end`; questions on the way are skipped
    #[arg(long, value_name = "MOMENT", requires = "open")]
    at: Option<String>,
    /// Branch with one of the scenario's what-ifs and compare the two
    #[arg(long, value_name = "NAME", requires = "open")]
    what_if: Option<String>,
    /// Follow a message (m4) in every panel
    #[arg(long, value_name = "MESSAGE", requires = "open")]
    message: Option<String>,
    /// Bring a panel to the front; may be given several times
    #[arg(long, value_name = "PANEL", value_enum, requires = "open")]
    panel: Vec<Panel>,
    /// Draw what the window would show into a PNG file, without a window
    #[arg(long, value_name = "FILE")]
    pub screenshot: Option<String>,
    /// Dark or light [default: as last time]
    #[arg(long, value_enum)]
    pub theme: Option<Ground>,
    /// Language [default: as last time, else from LC_ALL, LC_MESSAGES and LANG]
    #[arg(long, value_enum)]
    pub lang: Option<Tongue>,
    /// Width and height in points
    #[arg(long, value_name = "WxH", default_value = "1600x1000", value_parser = size)]
    pub size: (f32, f32),
    /// Pixels a point, for pictures
    #[arg(long, value_name = "N", default_value = "1", value_parser = scale)]
    pub scale: f32,
    /// Large type for a projector
    #[arg(long)]
    present: bool,
}

/// Themes by name.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Ground {
    /// Light on dark
    Dark,
    /// Dark on light
    Light,
}

impl Ground {
    /// The theme.
    pub fn theme(self) -> Theme {
        match self {
            Ground::Dark => Theme::Dark,
            Ground::Light => Theme::Light,
        }
    }
}

/// Languages by name.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Tongue {
    /// English
    En,
    /// 简体中文
    Zh,
}

/// Panels by name.
#[derive(Clone, Copy, ValueEnum, Debug)]
#[allow(missing_docs)]
enum Panel {
    Lesson,
    Facts,
    Fates,
    Message,
    Settings,
    Branches,
    Compare,
    Plots,
    Seeds,
}

impl Panel {
    fn pane(self) -> Pane {
        match self {
            Panel::Lesson => Pane::Lesson,
            Panel::Facts => Pane::Facts,
            Panel::Fates => Pane::Fates,
            Panel::Message => Pane::Story,
            Panel::Settings => Pane::Settings,
            Panel::Branches => Pane::Branches,
            Panel::Compare => Pane::Comparison,
            Panel::Plots => Pane::Plots,
            Panel::Seeds => Pane::Sweep,
        }
    }
}

impl Arguments {
    /// The language asked for, or that of the environment.
    pub fn lang(&self) -> Lang {
        match self.lang {
            Some(Tongue::En) => return Lang::En,
            Some(Tongue::Zh) => return Lang::Zh,
            None => {}
        }
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
        match locale.is_some_and(|locale| locale.starts_with("zh")) {
            true => Lang::Zh,
            false => Lang::En,
        }
    }

    /// Opens what was asked for and goes there. The error is told to the person at the prompt.
    pub fn prepare(&self, app: &mut App) -> Result<(), String> {
        app.set_presenting(self.present);
        let Some(name) = &self.open else { return Ok(()) };
        let told = |app: &App| Err(app.problems().join("\n"));
        if !app.open(name) {
            return told(app);
        }
        if let Some(name) = &self.what_if
            && !app.branch_with(name)
        {
            return told(app);
        }
        if let Some(at) = &self.at
            && !app.jump(at)
        {
            return told(app);
        }
        if let Some(message) = &self.message
            && !app.go_to(message)
        {
            return told(app);
        }
        self.panel.iter().for_each(|panel| app.show_pane(panel.pane()));
        Ok(())
    }
}

fn size(text: &str) -> Result<(f32, f32), String> {
    let parts = text.split_once('x').map(|(width, height)| (width.parse(), height.parse()));
    match parts {
        Some((Ok(width), Ok(height)))
            if (320.0..=8000.0).contains(&width) && (240.0..=8000.0).contains(&height) =>
        {
            Ok((width, height))
        }
        _ => Err("write it as 1600x1000; at least 320x240, at most 8000x8000".into()),
    }
}

fn scale(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(scale) if (0.5..=4.0).contains(&scale) => Ok(scale),
        _ => Err("a number from 0.5 to 4".into()),
    }
}
