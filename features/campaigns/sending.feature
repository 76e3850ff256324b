Feature: A campaign reaches everybody it is for, exactly once
  Whatever stops it on its way, it goes on where it stopped: nobody is sent to twice, nobody is forgotten, and
  somebody can always be told why they got nothing.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And 3 iPhones that receive pushes
    And Jiyoung's Android phone receives pushes

  Rule: What was looked at is what is sent

    Scenario: Everybody gets a campaign once
      Given the campaign "Spring" for everybody
      When the shop launches "Spring"
      Then "Spring" is sent to 4 phones
      And each of those phones was sent "Spring" exactly once

    Scenario: A dry run sends nothing and binds the launch
      Given the campaign "Spring" for everybody
      When the shop tries "Spring" without sending
      Then 4 phones would get it
      And nobody was sent "Spring"
      When the shop launches exactly what it tried
      Then "Spring" is sent to 4 phones

    Scenario: Somebody came since the dry run
      Given the campaign "Spring" for everybody
      And the shop tries "Spring" without sending
      And Minsu's iPhone receives pushes
      When the shop launches exactly what it tried
      Then this is refused, because the audience is another
      And "Spring" is a draft

    Scenario: One phone for each person
      Given Minsu's iPhone receives pushes
      And Minsu's iPad receives pushes
      And the campaign "Spring" for everybody, once for each person
      When the shop tries "Spring" without sending
      Then 5 phones would get it
      And 1 phone would be left out because of "other_device"

    Scenario: A campaign for nobody is not launched
      Given the campaign "Spring" for phones with the tag "vip"
      When the shop launches "Spring"
      Then this is refused, because it cannot work like that
      And "Spring" is a draft

  Rule: It stops when it is told to, and goes on where it stopped

    Scenario: Pause and resume
      Given the campaign "Spring" for everybody
      And the shop launches "Spring" and pauses it at once
      Then nobody is sent "Spring" while it is paused
      When the shop resumes "Spring"
      Then "Spring" is sent to 4 phones
      And each of those phones was sent "Spring" exactly once

    Scenario: Cancel
      Given the campaign "Spring" for everybody
      And the shop launches "Spring" and pauses it at once
      When the shop cancels the campaign "Spring"
      Then nobody is sent "Spring" from then on
      And the shop has used 0 of its quota

  Rule: The quota is never overdrawn

    Scenario: A quota that does not cover everybody
      Given the shop may send 3 messages a day
      And the campaign "Spring" for everybody
      When the shop launches "Spring"
      Then this is refused, because the quota is used up
      And "Spring" is a draft

    Scenario: A campaign that may run dry
      Given the shop may send 3 messages a day
      And the campaign "Spring" for everybody, as far as the quota goes
      When the shop launches "Spring"
      Then "Spring" is paused because of "quota_exhausted"
      And 3 phones were sent "Spring"
      When the shop may send 10 messages a day
      And the shop resumes "Spring"
      Then "Spring" is sent to 4 phones
      And each of those phones was sent "Spring" exactly once

  Rule: It runs when it is meant to

    Scenario: At its time
      Given the campaign "Spring" for everybody in an hour
      When the shop schedules "Spring"
      Then nobody is sent "Spring" before its time
      When an hour has passed
      Then "Spring" is sent to 4 phones

    Scenario: Every hour
      Given the campaign "Spring" for everybody every hour
      And the shop schedules "Spring"
      When an hour has passed
      Then 1 run of "Spring" is sent to 4 phones
      When an hour has passed
      Then 2 runs of "Spring" are sent to 4 phones

    Scenario: When it is triggered, once for each reason
      Given the campaign "Shipped" for everybody when it is triggered
      And the shop schedules "Shipped"
      When "Shipped" is triggered for Jiyoung because of "order 7"
      And "Shipped" is triggered for Jiyoung because of "order 7"
      Then 1 run of "Shipped" is sent to 1 phone

  Rule: Everybody can be told why

    Scenario Outline: Why somebody did or did not get it
      Given Minsu's iPhone receives pushes
      And <before>
      And the campaign "Spring" for everybody
      When the shop launches "Spring"
      And "Spring" is over
      Then Minsu's iPhone is told "<verdict>", and the step that decided is "<step>"

      Examples:
        | before                                       | verdict    | step     |
        | Jiyoung's iPhone receives pushes             | successful | provider |
        | Minsu's iPhone was uninstalled               | failed     | provider |
        | Minsu's iPhone was switched off by its owner | excluded   | rules    |
