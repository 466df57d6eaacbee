//! Keys as data, the same for a terminal and a window.

use super::Command;

/// Which key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyCode {
    /// A character, as typed: `L` is Shift and `l`.
    Char(char),
    /// ←
    Left,
    /// →
    Right,
    /// ↑
    Up,
    /// ↓
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
}

/// A key with what is held down beside it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Shift, for keys that are no characters.
    pub shift: bool,
    /// Ctrl.
    pub ctrl: bool,
}

const NAMED: [(KeyCode, &str); 13] = [
    (KeyCode::Left, "←"),
    (KeyCode::Right, "→"),
    (KeyCode::Up, "↑"),
    (KeyCode::Down, "↓"),
    (KeyCode::Home, "Home"),
    (KeyCode::End, "End"),
    (KeyCode::PageUp, "PgUp"),
    (KeyCode::PageDown, "PgDn"),
    (KeyCode::Enter, "Enter"),
    (KeyCode::Esc, "Esc"),
    (KeyCode::Tab, "Tab"),
    (KeyCode::Backspace, "Backspace"),
    (KeyCode::Char(' '), "Space"),
];

impl Key {
    /// The key with nothing held down.
    pub const fn plain(code: KeyCode) -> Key {
        Key { code, shift: false, ctrl: false }
    }

    /// How people write it: `Shift+→`, `Ctrl+r`, `Space`.
    pub fn text(self) -> String {
        let mut text = String::new();
        if self.ctrl {
            text.push_str("Ctrl+");
        }
        if self.shift {
            text.push_str("Shift+");
        }
        match (NAMED.iter().find(|(code, _)| *code == self.code), self.code) {
            (Some((_, name)), _) => text.push_str(name),
            (None, KeyCode::Char(c)) => text.push(c),
            (None, _) => {}
        }
        text
    }

    /// Reads what [`Key::text`] writes.
    pub fn read(text: &str) -> Option<Key> {
        let (ctrl, rest) = match text.strip_prefix("Ctrl+") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (shift, rest) = match rest.strip_prefix("Shift+") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let named = NAMED.iter().find(|(_, name)| *name == rest).map(|(code, _)| *code);
        let mut chars = rest.chars();
        let code = match (named, chars.next(), chars.next()) {
            (Some(code), _, _) => code,
            (None, Some(c), None) => KeyCode::Char(c),
            _ => return None,
        };
        Some(Key { code, shift, ctrl })
    }
}

const fn char(c: char) -> Key {
    Key::plain(KeyCode::Char(c))
}
const fn key(code: KeyCode) -> Key {
    Key::plain(code)
}
const fn shift(code: KeyCode) -> Key {
    Key { code, shift: true, ctrl: false }
}
const fn ctrl(code: KeyCode) -> Key {
    Key { code, shift: false, ctrl: true }
}

/// The keys of a command, the one to show first.
pub(super) fn of(command: Command) -> &'static [Key] {
    use Command::*;
    use KeyCode as K;
    match command {
        Play => const { &[char(' ')] },
        StepForward => const { &[key(K::Right), char('l')] },
        StepBack => const { &[key(K::Left), char('h')] },
        TenForward => const { &[shift(K::Right), char(')')] },
        TenBack => const { &[shift(K::Left), char('(')] },
        NextMark => const { &[ctrl(K::Right), char('}')] },
        LastMark => const { &[ctrl(K::Left), char('{')] },
        NextAnomaly => const { &[char(']')] },
        LastAnomaly => const { &[char('[')] },
        NextEvent => const { &[char('>')] },
        LastEvent => const { &[char('<')] },
        ToQuestion => const { &[char('p')] },
        ToStart => const { &[key(K::Home), char('0')] },
        ToEnd => const { &[key(K::End), char('G')] },
        GoTo => const { &[char('g')] },
        Faster => const { &[char('+'), char('=')] },
        Slower => const { &[char('-')] },
        Faults => const { &[char('f')] },
        Applications => const { &[char('a')] },
        Settings => const { &[char('c')] },
        Undo => const { &[char('u')] },
        Redo => const { &[ctrl(K::Char('r'))] },
        Branch => const { &[char('b')] },
        Branches => const { &[char('B')] },
        Compare => const { &[char('v')] },
        Sweep => const { &[char('S')] },
        Bookmark => const { &[char('m')] },
        Bookmarks => const { &[char('\'')] },
        Up => const { &[key(K::Up), char('k')] },
        Down => const { &[key(K::Down), char('j')] },
        PageUp => const { &[key(K::PageUp), ctrl(K::Char('b'))] },
        PageDown => const { &[key(K::PageDown), ctrl(K::Char('f'))] },
        LastMessage => const { &[char(',')] },
        NextMessage => const { &[char('.')] },
        Follow => const { &[key(K::Enter)] },
        Explain => const { &[char('e')] },
        Search => const { &[char('/')] },
        NextHit => const { &[char('n')] },
        LastHit => const { &[char('N')] },
        NextPanel => const { &[key(K::Tab)] },
        LastPanel => const { &[shift(K::Tab)] },
        TabLesson => const { &[char('1')] },
        TabFacts => const { &[char('2')] },
        TabLedger => const { &[char('3')] },
        TabMessage => const { &[char('4')] },
        TabSettings => const { &[char('5')] },
        Answer => const { &[char('P')] },
        Notes => const { &[char('t')] },
        Judge => const { &[char('x')] },
        Aloud => const { &[char('T')] },
        Internal => const { &[char('i')] },
        Copy => const { &[char('y')] },
        Write => const { &[char('w')] },
        Reload => const { &[char('R')] },
        Palette => const { &[char(':')] },
        Help => const { &[char('?')] },
        Language => const { &[char('L')] },
        Theme => const { &[char('D')] },
        Back => const { &[key(K::Esc)] },
        Suspend => const { &[ctrl(K::Char('z'))] },
        Stop => const { &[ctrl(K::Char('c'))] },
        Leave => const { &[char('q')] },
        Open => const { &[key(K::Enter)] },
        Filter => const { &[char('/')] },
        BySystem => const { &[char('s')] },
        ByTopic => const { &[char('t')] },
        ByLevel => const { &[char('l')] },
        ByProgress => const { &[char('p')] },
    }
}
