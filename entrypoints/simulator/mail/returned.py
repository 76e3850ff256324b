"""Mail that comes back: delivery status notifications (RFC 3464) and complaints (RFC 5965), as a mail server writes them."""

from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser
from email.utils import formatdate
from typing import Final

from entrypoints.simulator.mail.mailbox import TakenMail

_STATUS: Final = {
    "bounce": ("failed", "5.1.1", "smtp; 550 5.1.1 <{recipient}>: user unknown"),
    "soft_bounce": ("failed", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
    "delay": ("delayed", "4.4.1", "smtp; connect to mx timed out"),
    "delivery": ("delivered", "2.0.0", "smtp; 250 2.0.0 Ok"),
}


def returned_mail(kind: str, mail: TakenMail, now: float) -> bytes | None:
    """The mail that goes to the envelope's sender; None when this kind of report is not sent by mail."""
    if kind in _STATUS:
        return _delivery_status(*_STATUS[kind], mail, now)
    if kind in ("complaint", "not_spam"):
        return _complaint("abuse" if kind == "complaint" else "not-spam", mail, now)
    if kind == "opt_out":
        return _unsubscribe(mail, now)
    return None


def _report(kind: str, subject: str, sender: str, mail: TakenMail, now: float) -> MIMEMultipart:
    report = MIMEMultipart("report")
    report.set_param("report-type", kind)
    report["From"] = sender
    report["To"] = mail.mail_from
    report["Subject"] = subject
    report["Date"] = formatdate(now)
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("This report was written by a mail system.\n"))
    return report


def _delivery_status(action: str, status: str, words: str, mail: TakenMail, now: float) -> bytes:
    report = _report("delivery-status", "Delivery Status Notification", "MAILER-DAEMON@simulator", mail, now)
    fields = MIMEBase("message", "delivery-status")
    of_mail = Message()
    of_mail["Reporting-MTA"] = "dns; simulator"
    of_recipient = Message()
    of_recipient["Final-Recipient"] = f"rfc822; {mail.recipient}"
    of_recipient["Action"] = action
    of_recipient["Status"] = status
    of_recipient["Diagnostic-Code"] = words.format(recipient=mail.recipient)
    fields.set_payload([of_mail, of_recipient])
    report.attach(fields)
    report.attach(_headers_of(mail))
    return report.as_bytes()


def _complaint(kind: str, mail: TakenMail, now: float) -> bytes:
    report = _report("feedback-report", "Complaint", "feedback@mailbox.example", mail, now)
    fields = MIMEBase("message", "feedback-report")
    said = Message()
    said["Feedback-Type"] = kind
    said["User-Agent"] = "simulator/1"
    said["Version"] = "1"
    said["Original-Rcpt-To"] = mail.recipient
    fields.set_payload([said])
    report.attach(fields)
    original = MIMEBase("message", "rfc822")
    original.set_payload([BytesHeaderParser().parsebytes(mail.content)])
    report.attach(original)
    return report.as_bytes()


def _unsubscribe(mail: TakenMail, now: float) -> bytes | None:
    """What a mail program sends for the mailto of List-Unsubscribe."""
    ways = str(BytesHeaderParser().parsebytes(mail.content).get("list-unsubscribe", ""))
    address = ways.partition("mailto:")[2].partition(">")[0].partition("?")[0]
    if not address:
        return None
    answer = EmailMessage()
    answer["From"] = mail.recipient
    answer["To"] = address
    answer["Subject"] = "unsubscribe"
    answer["Date"] = formatdate(now)
    answer.set_content("")
    return answer.as_bytes()


def _headers_of(mail: TakenMail) -> Message:
    part = MIMEBase("text", "rfc822-headers")
    part.set_payload(
        mail.content.partition(b"\r\n\r\n")[0].decode("ascii", "replace").replace("\r\n", "\n") + "\n"
    )
    return part
