//! What a key means: to what lies over the screen, or as a command.

use super::{App, Popup, Weight};
use crate::screen::prompt::For;
use mqlab::lab::command::{Command, Key, KeyCode, Screen};

impl App {
    pub(super) fn key(&mut self, key: Key) {
        let taken = match self.popups.last() {
            Some(Popup::Prompt(_)) => self.key_in_prompt(key),
            Some(Popup::Picker(_)) => self.key_in_picker(key),
            Some(Popup::Reader(_)) => self.key_in_reader(key),
            Some(Popup::Question { .. }) => self.key_in_question(key),
            None => false,
        };
        if taken {
            return;
        }
        if let Some(command) = Command::by_key(key, self.screen()) {
            self.run(command);
        }
    }

    fn key_in_reader(&mut self, key: Key) -> bool {
        let Some(Popup::Reader(reader)) = self.popups.last_mut() else { return false };
        let last = reader.lines.len();
        match Command::by_key(key, Screen::Lab) {
            Some(Command::Up) => reader.scroll(-1),
            Some(Command::Down) => reader.scroll(1),
            Some(Command::PageUp | Command::TenBack) => reader.scroll(-15),
            Some(Command::PageDown | Command::TenForward | Command::Play) => reader.scroll(15),
            Some(Command::ToStart) => reader.cursor = 0,
            Some(Command::ToEnd) => reader.cursor = last.saturating_sub(1),
            Some(Command::Follow) => {
                let link = reader.link().cloned();
                match link {
                    Some(link) => self.follow_link(&link),
                    None => {
                        self.popups.pop();
                    }
                }
            }
            Some(Command::Back | Command::Leave) => {
                self.popups.pop();
                self.want_no_more();
            }
            Some(Command::Help) => {}
            Some(
                command @ (Command::Language
                | Command::Theme
                | Command::Suspend
                | Command::Stop
                | Command::Palette
                | Command::Copy),
            ) => self.run(command),
            _ => {}
        }
        true
    }

    fn key_in_question(&mut self, key: Key) -> bool {
        let Some(Popup::Question { number, cursor }) = self.popups.last() else { return false };
        let (number, cursor) = (*number, *cursor);
        let Some(bench) = &self.bench else { return false };
        let questions = bench.lesson.questions(&bench.lab);
        let options = questions.get(number).map_or(0, |q| q.options.len());
        if let KeyCode::Char(c) = key.code
            && let Some(digit) = c.to_digit(10)
            && (1..=options as u32).contains(&digit)
        {
            self.answer(number, Some(digit as usize - 1));
            return true;
        }
        match Command::by_key(key, Screen::Lab) {
            Some(Command::Up) => self.scroll(-1),
            Some(Command::Down) => self.scroll(1),
            Some(Command::Follow | Command::Play) => {
                let option = (cursor < options).then_some(cursor);
                self.answer(number, option);
            }
            Some(Command::Back) => {
                self.popups.pop();
                self.tell(self.say().question_put_off(), Weight::Plain);
            }
            Some(
                command @ (Command::Language
                | Command::Theme
                | Command::Suspend
                | Command::Stop
                | Command::Help),
            ) => self.run(command),
            Some(Command::Leave) => self.leave(),
            _ => {}
        }
        true
    }

    fn key_in_prompt(&mut self, key: Key) -> bool {
        let Some(Popup::Prompt(prompt)) = self.popups.last_mut() else { return false };
        match key.code {
            KeyCode::Char('c' | 'z') if key.ctrl => {
                if let Some(command) = Command::by_key(key, Screen::Lab) {
                    self.popups.pop();
                    if command == Command::Suspend {
                        self.run(command);
                    }
                }
            }
            KeyCode::Char('u' | 'w') if key.ctrl => prompt.typed.clear(),
            KeyCode::Char('h') if key.ctrl => {
                prompt.typed.pop();
            }
            KeyCode::Char(c) if !key.ctrl => {
                prompt.typed.push(c);
                prompt.wrong = None;
                self.typed_on();
            }
            KeyCode::Backspace => {
                prompt.typed.pop();
                prompt.wrong = None;
                self.typed_on();
            }
            KeyCode::Esc => {
                if prompt.purpose == For::Lessons {
                    self.lessons.search.clear();
                }
                self.popups.pop();
            }
            KeyCode::Enter => self.typed(),
            _ => {}
        }
        true
    }

    fn key_in_picker(&mut self, key: Key) -> bool {
        let Some(Popup::Picker(picker)) = self.popups.last_mut() else { return false };
        match key.code {
            KeyCode::Esc => {
                let narrowed = picker.typed.as_ref().is_some_and(|typed| !typed.is_empty());
                if narrowed && !picker.palette {
                    picker.typed = None;
                } else {
                    self.popups.pop();
                }
            }
            KeyCode::Enter => self.choose(),
            KeyCode::Up => picker.scroll(-1),
            KeyCode::Down => picker.scroll(1),
            KeyCode::PageUp => picker.scroll(-10),
            KeyCode::PageDown => picker.scroll(10),
            KeyCode::Char('p') if key.ctrl => picker.scroll(-1),
            KeyCode::Char('n') if key.ctrl => picker.scroll(1),
            KeyCode::Char('c') if key.ctrl => {
                self.popups.pop();
            }
            KeyCode::Char('z') if key.ctrl => self.run(Command::Suspend),
            KeyCode::Backspace => {
                if let Some(typed) = &mut picker.typed {
                    typed.pop();
                    picker.cursor = 0;
                }
            }
            KeyCode::Char(c) if !key.ctrl => match (&mut picker.typed, c) {
                (Some(typed), c) => {
                    typed.push(c);
                    picker.cursor = 0;
                }
                (None, 'j') => picker.scroll(1),
                (None, 'k') => picker.scroll(-1),
                (None, 'l' | ' ') => self.choose(),
                (None, 'h' | 'q') => {
                    self.popups.pop();
                }
                (None, '/') => picker.typed = Some(String::new()),
                (None, c) => {
                    if let Some(digit) = c.to_digit(10).filter(|d| *d > 0) {
                        let at = digit as usize - 1;
                        if at < picker.items.len() {
                            picker.cursor = at;
                            self.choose();
                        }
                    }
                }
            },
            _ => {}
        }
        true
    }
}
