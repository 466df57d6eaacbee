//! The desktop lab: the window around [`mqlab_desktop`], and pictures of it without a window.

mod arguments;

use arguments::Arguments;
use clap::Parser;
use mqlab_desktop::app::{App, Kept};
use mqlab_desktop::fonts;
use mqlab_desktop::screenshot;
use mqlab_desktop::store::{Store, write_file};
use std::process::ExitCode;

/// The name under which the system keeps what belongs to the program.
const APP_ID: &str = "mqlab";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.screenshot {
        Some(path) => take_picture(&arguments, path),
        None => open_window(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("mqlab-gui: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Draws what the window would show into a file.
fn take_picture(arguments: &Arguments, path: &str) -> Result<(), String> {
    let theme = arguments.theme.map(|ground| ground.theme()).unwrap_or_default();
    let kept = Kept { theme, ..Kept::default() };
    let mut app = App::new(kept, Store::nowhere(), arguments.lang(), true);
    arguments.prepare(&mut app)?;
    let (width, height) = arguments.size;
    let picture = screenshot::picture(&mut app, width, height, arguments.scale);
    let bytes = screenshot::png(&picture)?;
    write_file(path.as_ref(), &bytes).map_err(|error| format!("{path}: {error}"))
}

fn open_window(arguments: Arguments) -> Result<(), String> {
    let (width, height) = arguments.size;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id(APP_ID)
            .with_inner_size([width, height])
            .with_min_inner_size([720.0, 480.0]),
        ..eframe::NativeOptions::default()
    };
    let begin = move |context: &eframe::CreationContext<'_>| {
        fonts::install(&context.egui_ctx);
        let kept: Option<Kept> =
            context.storage.and_then(|storage| eframe::get_value(storage, eframe::APP_KEY));
        let mut kept = kept.unwrap_or_default();
        if let Some(theme) = arguments.theme {
            kept.theme = theme.theme();
        }
        if arguments.lang.is_some() {
            kept.chinese = None;
        }
        let folder = eframe::storage_dir(APP_ID);
        let store = folder.map_or_else(Store::nowhere, Store::at);
        let mut app = App::new(kept, store, arguments.lang(), false);
        arguments.prepare(&mut app)?;
        Ok(Box::new(Window { app }) as Box<dyn eframe::App>)
    };
    eframe::run_native("mqlab", options, Box::new(begin)).map_err(|error| {
        format!(
            "no window can be opened: {error}\n\
             Without a display, --screenshot FILE draws into a file; the terminal lab is `mqlab`."
        )
    })
}

struct Window {
    app: App,
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.show(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, eframe::APP_KEY, &self.app.kept());
    }
}
