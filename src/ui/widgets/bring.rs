//! A document that is made when somebody asks for it and then brought to them: a report as paper or as a spreadsheet.

use crate::service::request::{Document, Failure, Form, Reply, Request};
use crate::ui::context::{Context, World};
use crate::ui::keys::{Binding, Key, bind};
use crate::ui::msg::{CallId, How, Load};
use crate::ui::theme::Tone;

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The report on paper, brought in a way.
    Paper(How),
    /// The report as a file for a spreadsheet.
    Spreadsheet,
}

impl Ask {
    /// The line of a screen's key table that asks for it by an action.
    pub const fn bind<A>(self, action: A) -> Binding<A> {
        match self {
            Self::Paper(How::Save) => {
                bind(&[Key::Char('s')], "s", "save report", "Saves the report as a PDF file.", action)
            }
            Self::Paper(How::Print) => bind(&[Key::Char('p')], "p", "print report", "Prints the report here.", action),
            Self::Paper(_) => {
                bind(&[Key::Char('o')], "o", "open report", "Opens the report in its own program.", action)
            }
            Self::Spreadsheet => {
                bind(&[Key::Char('x')], "x", "spreadsheet", "Saves the report as a CSV file for a spreadsheet.", action)
            }
        }
    }

    /// The form in which it is.
    pub const fn form(self) -> Form {
        match self {
            Self::Paper(_) => Form::Pdf,
            Self::Spreadsheet => Form::Csv,
        }
    }

    const fn how(self) -> How {
        match self {
            Self::Paper(how) => how,
            Self::Spreadsheet => How::Save,
        }
    }
}

/// At most one document on its way.
#[derive(Clone, Debug, Default)]
pub struct Bring {
    document: Load<Document>,
    how: Option<How>,
}

impl Bring {
    /// Whether it can be asked for: there is a way to bring it, and nothing else is on its way.
    pub fn offers(&self, ask: Ask, world: &World) -> bool {
        !self.document.is_waiting() && world.documents.contains(&ask.how())
    }

    /// Asks for it by a request.
    pub fn ask(&mut self, ask: Ask, request: Request, cx: &mut Context) {
        self.how = Some(ask.how());
        self.document = Load::Waiting(cx.call(request));
    }

    /// Takes an answer, and brings the document. Returns whether it was to its call.
    pub fn reply(&mut self, call: CallId, answer: &Result<Reply, Failure>, cx: &mut Context) -> bool {
        let document = |reply: &Reply| if let Reply::Document(file) = reply { Some(file.clone()) } else { None };
        if !self.document.settle(call, answer, document) {
            return false;
        }
        match (std::mem::take(&mut self.document), self.how.take()) {
            (Load::Ready(document), Some(how)) => cx.open(document, how),
            (Load::Failed(failure), _) => cx.toast(Tone::Bad, failure.to_string()),
            _ => {}
        }
        true
    }

    /// The person waits no longer for a call.
    pub fn gave_up(&mut self, call: CallId) {
        self.document.give_up(call);
    }
}
